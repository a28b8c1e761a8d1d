"""Workspaces, their members, roles, invitations, general settings and the activity log."""
