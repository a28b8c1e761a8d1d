"""What upper rooms put beside a conversation: the campaign a lead is in, its step and state."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PanelAction:
    """A button of the card: a POST, or a link when `method` is get."""

    label: str
    url: str
    method: str = "post"


@dataclass(frozen=True)
class PanelCard:
    """One card of the panel. `state` is drawn as a status pill."""

    title: str
    url: str = ""
    state: str = ""
    note: str = ""
    rows: list[tuple[str, str]] = field(default_factory=list)
    actions: list[PanelAction] = field(default_factory=list)


PanelProvider = Callable[[int], PanelCard | None]
_providers: dict[str, PanelProvider] = {}


def register_panel(provider: PanelProvider) -> None:
    """Add a source of cards for a campaign lead's id. Registering twice changes nothing."""
    _providers[f"{provider.__module__}.{provider.__qualname__}"] = provider


def panel_cards(campaign_lead_id: int | None) -> list[PanelCard]:
    """All cards for a campaign lead."""
    if campaign_lead_id is None:
        return []
    found = [provider(campaign_lead_id) for provider in _providers.values()]
    return [card for card in found if card is not None]
