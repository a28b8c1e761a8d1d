"""Everything that leaves: the outbox, its rendering, hand-over, record and reconciliation."""
