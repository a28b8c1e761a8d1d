"""Inbound mail: pull it from the accounts, parse, thread, classify, match to what was sent."""
