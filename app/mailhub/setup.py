"""What the mailhub brings to the app: its menu entry with the unread count."""

from flask import Flask

from app.mailhub.queries.threads import BADGE_LIMIT, unread_count
from app.web.nav import Badge, NavItem, register_nav


def nav_badge() -> Badge | None:
    """Unread conversations of the inbox; None when there are none."""
    count = unread_count()
    if not count:
        return None
    shown = f"{BADGE_LIMIT - 1}+" if count >= BADGE_LIMIT else str(count)
    return Badge(label=f"{shown} unread", count=count)


def init_app(app: Flask) -> None:
    """Called once by app/rooms.py."""
    register_nav(
        NavItem(
            "Mailhub",
            "mailhub.index_threads",
            "inbox",
            order=30,
            permission="mailhub.view",
            badge=nav_badge,
        )
    )
