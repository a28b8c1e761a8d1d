"""Email accounts: connecting mailboxes, trying them out, their state, limits and signatures."""
