"""Mailhub: threads and messages of the connected accounts, and what people do with them."""
