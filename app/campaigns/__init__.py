"""Campaigns: sequences of mails, who is enrolled in them, and when each mail leaves."""
