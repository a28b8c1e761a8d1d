"""What rooms add to the frame: entries of the rail and the menus, badges, palette results.

Rooms register from app/rooms.py. An entry whose endpoint does not exist is not shown, so the
menu holds only doors that open.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from flask import Flask, current_app, request, url_for

from app.web.tenant import current_membership, shell_membership, shell_workspace

PALETTE_ENDPOINT = "home.palette"
Place = Literal["rail", "user", "workspace"]


@dataclass(frozen=True)
class Badge:
    """Beside an entry: a count, or a dot with a tone; `label` says it in words."""

    label: str
    count: int | None = None
    dot: Literal["positive", "attention", "negative", "neutral"] | None = None


@dataclass(frozen=True)
class NavItem:
    """One entry. `prefix` is the endpoint prefix that makes it current (default: its blueprint);
    `shown` decides about entries that no permission of a workspace covers."""

    label: str
    endpoint: str
    icon: str
    order: int = 50
    permission: str | None = None
    badge: Callable[[], Badge | None] | None = None
    place: Place = "rail"
    method: Literal["get", "post"] = "get"
    prefix: str | None = None
    shown: Callable[[], bool] | None = None


@dataclass(frozen=True)
class PaletteItem:
    """One result of the command palette."""

    label: str
    url: str
    icon: str = "arrow-right"
    group: str = "Go to"
    hint: str | None = None


@dataclass(frozen=True)
class NavLink:
    """An entry as the template draws it."""

    label: str
    url: str
    icon: str
    is_current: bool
    badge: Badge | None
    method: str


PaletteProvider = Callable[[str], Iterable[PaletteItem]]
BannerProvider = Callable[[], "Banner | None"]


@dataclass(frozen=True)
class Banner:
    """A line over every page, for example for admins when Redis does not answer."""

    title: str
    text: str = ""
    tone: Literal["info", "attention", "negative"] = "attention"


_items: dict[tuple[Place, str], NavItem] = {}
_palette: dict[str, PaletteProvider] = {}
_banners: dict[str, BannerProvider] = {}


def register_nav(*items: NavItem) -> None:
    """Add entries; again with the same place and endpoint replaces."""
    for item in items:
        _items[item.place, item.endpoint] = item


def register_palette(provider: PaletteProvider) -> None:
    """Add a source of palette results for what was typed."""
    _palette[f"{provider.__module__}.{provider.__qualname__}"] = provider


def register_banner(provider: BannerProvider) -> None:
    """Add a source of the line over every page."""
    _banners[f"{provider.__module__}.{provider.__qualname__}"] = provider


def nav_links(place: Place = "rail") -> list[NavLink]:
    """The entries of one place that exist and that this person may open."""
    return [_link(item) for item in _open_items(place)]


def _open_items(place: Place) -> list[NavItem]:
    items = sorted((i for i in _items.values() if i.place == place), key=lambda i: i.order)
    return [item for item in items if _is_open(item)]


def palette_items(query: str, limit: int = 20) -> list[PaletteItem]:
    """Pages whose name holds the query, then what the rooms find."""
    text = query.strip().casefold()
    pages = [
        PaletteItem(item.label, url_for(item.endpoint), item.icon, "Pages")
        for item in (*_open_items("rail"), *_open_items("workspace"), *_open_items("user"))
        if item.method == "get" and text in item.label.casefold()
    ]
    found = [item for provider in _palette.values() for item in provider(query.strip())]
    return (pages + found)[:limit]


def banners() -> list[Banner]:
    """The lines over the page right now."""
    return [banner for provider in _banners.values() if (banner := provider()) is not None]


def palette_url() -> str | None:
    """Where the palette asks, when a room serves it."""
    if PALETTE_ENDPOINT not in current_app.view_functions:
        return None
    return url_for(PALETTE_ENDPOINT) if _has_slug() else None


def _has_slug() -> bool:
    expects = current_app.url_map.is_endpoint_expecting(PALETTE_ENDPOINT, "slug")
    return not expects or shell_workspace() is not None


def _is_open(item: NavItem) -> bool:
    if item.endpoint not in current_app.view_functions:
        return False
    if item.shown is not None and not item.shown():
        return False
    needs_slug = current_app.url_map.is_endpoint_expecting(item.endpoint, "slug")
    if needs_slug and shell_workspace() is None:
        return False
    membership = shell_membership()
    return item.permission is None or bool(membership and item.permission in membership.permissions)


def _link(item: NavItem) -> NavLink:
    prefix = item.prefix or item.endpoint.partition(".")[0]
    here = request.endpoint or ""
    is_current = here == item.endpoint or (item.place == "rail" and here.startswith(prefix + "."))
    badge = item.badge() if item.badge and current_membership() else None
    return NavLink(item.label, url_for(item.endpoint), item.icon, is_current, badge, item.method)


def init_app(app: Flask) -> None:
    """Make the registry readable from templates."""
    app.jinja_env.globals.update(nav_links=nav_links, banners=banners, palette_url=palette_url)
