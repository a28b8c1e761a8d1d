"""Toasts: short notes after an act, kept in the session until an answer can show them."""

from dataclasses import asdict, dataclass
from typing import Literal

from flask import current_app, session

Tone = Literal["info", "positive", "attention", "negative", "neutral"]
SESSION_KEY = "toasts"


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
    item = asdict(Toast(message, tone, action_url, action_label))
    session[SESSION_KEY] = [*session.get(SESSION_KEY, []), item]


def take_toasts() -> list[Toast]:
    """The notes not shown yet; they are gone afterwards."""
    return [Toast(**item) for item in session.pop(SESSION_KEY, [])]


def toasts_oob() -> str:
    """The pending notes as an out-of-band piece, or nothing."""
    items = take_toasts()
    template = current_app.jinja_env.get_template("components/toasts.oob.html")
    return template.render(toasts=items) if items else ""
