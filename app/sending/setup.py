"""What sending brings to the app: the Outbox in the menu while a mail waits for a person."""

from flask import Flask

from app.sending.queries import waits_for_a_person
from app.web.nav import Badge, NavItem, register_nav


def init_app(app: Flask) -> None:
    """Called once by app/rooms.py."""
    register_nav(
        NavItem(
            "Outbox",
            "sending.index_outbox",
            "send",
            order=55,
            permission="mailhub.view",
            badge=nav_badge,
        )
    )


def nav_badge() -> Badge | None:
    """A dot while a mail is held."""
    return Badge(label="Mail waits for you", dot="attention") if waits_for_a_person() else None
