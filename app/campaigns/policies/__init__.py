"""Pure rules of campaigns: values in, a decision out. No database, no clock, no randomness of its own."""
