"""Verbs of the campaigns room, by noun: campaigns, sequence, running, enrolment, planning, moves."""
