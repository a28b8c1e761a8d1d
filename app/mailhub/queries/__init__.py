"""Reads of the mailhub."""
