"""Pure rules of leads: what a list file is, what its columns mean, what an address is."""
