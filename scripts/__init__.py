"""Helpers of the developers; nothing here runs in production."""
