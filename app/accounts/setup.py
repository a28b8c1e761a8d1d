"""What the room brings to the app: its menu entry with the health of all accounts."""

from flask import Flask

from app.accounts import policies, queries
from app.web.nav import Badge, NavItem, register_nav


def init_app(app: Flask) -> None:
    """Called once by app/rooms.py."""
    register_nav(
        NavItem(
            "Accounts",
            "accounts.index_accounts",
            "mails",
            order=50,
            permission="accounts.view",
            badge=nav_badge,
        )
    )


def nav_badge() -> Badge | None:
    """A dot when an account needs somebody."""
    found = policies.health_dot(queries.account_statuses())
    return Badge(label=found[1], dot=found[0]) if found else None
