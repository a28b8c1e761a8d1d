"""Toasts: short notes after an act, kept in the session until an answer can show them."""

from dataclasses import asdict, dataclass
from typing import Literal

from flask import current_app, flash, get_flashed_messages

Tone = Literal["info", "positive", "attention", "negative", "neutral"]
CATEGORY = "toast"


@dataclass(frozen=True)
class Toast:
    """One note; `action_url` is POSTed by its button (for example Undo)."""

    message: str
    tone: Tone = "positive"
    action_url: str | None = None
    action_label: str = "Undo"


def toast(
    message: str,
    tone: Tone = "positive",
    *,
    action_url: str | None = None,
    action_label: str = "Undo",
) -> None:
    """Show a note with this answer, or with the next page after a redirect."""
    flash(asdict(Toast(message, tone, action_url, action_label)), CATEGORY)  # type: ignore[arg-type]


def take_toasts() -> list[Toast]:
    """The notes not shown yet, those of plain `flash()` calls included; they are gone afterwards."""
    found = []
    for category, item in get_flashed_messages(with_categories=True):
        if isinstance(item, dict):
            found.append(Toast(**item))
        else:
            tone: Tone = "negative" if category == "error" else "info"
            found.append(Toast(str(item), tone))
    return found


def toasts_oob() -> str:
    """The pending notes as an out-of-band piece, or nothing."""
    items = take_toasts()
    template = current_app.jinja_env.get_template("components/toasts.oob.html")
    return template.render(toasts=items) if items else ""
