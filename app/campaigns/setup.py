"""What the room brings to the app: its menu entry, its palette results, the lead's card."""

from collections.abc import Iterable

from flask import Flask, url_for

from app.campaigns.panels import lead_card
from app.campaigns.queries.campaigns import palette_campaigns
from app.core.permissions import can
from app.mailhub.panel import register_panel
from app.web.nav import NavItem, PaletteItem, register_nav, register_palette


def init_app(app: Flask) -> None:
    """Called once by app/rooms.py."""
    register_nav(
        NavItem(
            "Campaigns",
            "campaigns.index_campaigns",
            "megaphone",
            order=20,
            permission="campaigns.view",
        )
    )
    register_palette(find_campaigns)
    register_panel(lead_card)


def find_campaigns(query: str) -> Iterable[PaletteItem]:
    """Campaigns whose name holds the query."""
    if not can("campaigns.view"):
        return []
    return [
        PaletteItem(
            label=campaign.name,
            url=url_for("campaigns.show_campaign", campaign_id=campaign.id),
            icon="megaphone",
            group="Campaigns",
            hint=campaign.status.capitalize(),
        )
        for campaign in palette_campaigns(query)
    ]
