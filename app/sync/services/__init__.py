"""Verbs of sync."""
