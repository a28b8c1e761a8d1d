"""Leads: people who may be written to, how they come in, and who must not be contacted."""
