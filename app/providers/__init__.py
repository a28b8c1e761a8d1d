"""Adapters to the outside world: mail servers and DNS. No database, no Flask, no business rules."""
