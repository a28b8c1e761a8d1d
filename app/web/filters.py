"""What templates can say: icons, times, figures, plurals, DOM ids, HTML attributes."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zlib import crc32

import jinja2
from flask import Flask
from markupsafe import Markup, escape

from app.web.assets import asset_url

THIN = "\u202f"


def icon(name: str, size: str | None = None) -> Markup:
    """A Lucide icon of the sprite; decorative, so always with a text or label beside it."""
    extra = f" icon--{size}" if size else ""
    return Markup(
        '<svg class="icon{}" width="16" height="16" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>'
    ).format(extra, asset_url("img/icons.svg"), name)


def html_attrs(values: Mapping[str, Any]) -> Markup:
    """Attributes with a space before each; True is bare, False and None are left out."""
    parts = []
    for name, value in values.items():
        if value is None or value is False:
            continue
        if value is True and not name.startswith(("aria-", "data-")):
            parts.append(Markup(" {}").format(name))
        else:
            shown = "true" if value is True else value
            parts.append(Markup(' {}="{}"').format(name, shown))
    return Markup("").join(parts)


def dom_id(record: Any, suffix: str | None = None) -> str:
    """`thread_17_row` for a Thread with id 17; `thread_new` before it has one."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(record).__name__).lower()
    key = getattr(record, "id", None)
    parts = [name, str(key if key is not None else "new"), suffix]
    return "_".join(part for part in parts if part)


def time_tag(value: datetime | None, style: str = "relative", empty: str = "–") -> Markup:
    """A moment in UTC that the browser turns into local time.

    Styles: relative ("5 min ago", under a week), short (the time today, else the
    day), datetime, date, time, full.
    """
    if value is None:
        return escape(empty)
    at = value.astimezone(UTC)
    formats = {"date": "%-d %b %Y", "time": "%H:%M UTC"}
    return Markup(
        '<time datetime="{}" data-controller="local-time" data-local-time-style-value="{}">{}</time>'
    ).format(
        at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        style,
        at.strftime(formats.get(style, "%-d %b %Y, %H:%M UTC")),
    )


def day(value: date | str) -> str:
    """A calendar day in words. It belongs to no time zone, so the browser leaves it alone."""
    at = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.day} {at:%B %Y}"


def number(value: float | None, digits: int = 0) -> str:
    """1,234 or 1,234.5; a dash for nothing."""
    return "–" if value is None else f"{value:,.{digits}f}"


def percent(part: float | None, whole: float | None, digits: int = 1) -> str:
    """12.3 % of the whole; a dash when there is no whole."""
    if not whole or part is None:
        return "–"
    text = f"{100 * part / whole:.{digits}f}"
    return f"{text.removesuffix('.0')}{THIN}%"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 mail`, `1,204 mails`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def filesize(value: int | None) -> str:
    """Bytes in words: 12 kB, 3.4 MB."""
    size = float(value or 0)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit != "MB" else f"{size:.1f} MB"
        size /= 1000
    return f"{size:.1f} GB"


def hue(text: str) -> int:
    """One of eight steady colours for a name."""
    return crc32(text.encode()) % 8


def init_app(app: Flask) -> None:
    """Strict templates and their functions."""
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(icon=icon, dom_id=dom_id)
    app.jinja_env.filters.update(
        html_attrs=html_attrs,
        time_tag=time_tag,
        day=day,
        number=number,
        percent=percent,
        plural=plural,
        filesize=filesize,
        hue=hue,
    )
