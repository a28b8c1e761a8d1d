"""What the room brings to the app: its menu entry and its palette results."""

from collections.abc import Iterable

from flask import Flask, url_for

from app.core.permissions import can
from app.leads.queries import palette_leads
from app.web.nav import NavItem, PaletteItem, register_nav, register_palette


def init_app(app: Flask) -> None:
    """Called once by app/rooms.py."""
    register_nav(NavItem("Leads", "leads.index_leads", "users", order=40, permission="leads.view"))
    register_palette(find_leads)


def find_leads(query: str) -> Iterable[PaletteItem]:
    """Leads whose name, address or company holds the query."""
    if len(query) < 2 or not can("leads.view"):
        return []
    return [
        PaletteItem(
            label=f"{lead.first_name} {lead.last_name}".strip() or lead.email,
            url=url_for("leads.index_leads", q=lead.email),
            icon="user",
            group="Leads",
            hint=lead.email,
        )
        for lead in palette_leads(query)
    ]
