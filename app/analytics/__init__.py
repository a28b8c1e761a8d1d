"""Figures of campaigns, read only, from counters that are kept as things happen."""
