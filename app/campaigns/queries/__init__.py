"""Reads of the campaigns room, by noun: campaigns, people, planning, explanations, preflight."""
