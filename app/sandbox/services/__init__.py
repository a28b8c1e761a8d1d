"""Verbs of the sandbox room: try-out accounts and the demo."""

from app.sandbox.services.accounts import add_sandbox_accounts, follow_ports
from app.sandbox.services.demo import arm_demo, note_history, run_demo, trickle_leads
from app.sandbox.services.seeding import deliver_history, ensure_demo_user, ensure_workspace

__all__ = [
    "add_sandbox_accounts",
    "arm_demo",
    "deliver_history",
    "ensure_demo_user",
    "ensure_workspace",
    "follow_ports",
    "note_history",
    "run_demo",
    "trickle_leads",
]
