"""What a mail will look like for one lead, shown before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.sending.render.compose import one_line
from app.sending.render.compose import targets as link_targets
from app.sending.render.liquid import TemplateProblem, present
from app.sending.render.texts import read


@dataclass(frozen=True)
class Preview:
    """The filled text, or why it cannot be filled (`problem`), and what it lacks (`missing`)."""

    subject: str
    html: str
    text: str
    missing: tuple[str, ...] = ()
    problem: str = ""


def render_preview(
    subject: str, body_html: str, variables: Mapping[str, object], signature_html: str = ""
) -> Preview:
    """Fill a text for a person to look at: real targets, no tracking. Never raises for its text."""
    values = present(variables)
    values.setdefault("sender_name", "Sender")
    values.setdefault("sender_email", "sender@example.com")
    values |= dict.fromkeys(
        ("unsubscribe_url", "unsubscribe_link"), "https://example.com/u/preview"
    )
    try:
        text = read(subject, body_html, signature_html)
        missing = text.missing(values)
        shown = values | {name: f"[{name}]" for name in missing if "." not in name}
        for number, url in enumerate(link_targets(text, shown)):
            shown[f"_link_{number}"] = url or "#"
        return Preview(
            subject=one_line(text.subject.fill(shown)),
            html=text.html.fill(shown),
            text=text.text.fill(shown),
            missing=missing,
        )
    except TemplateProblem as problem:
        return Preview(subject=subject, html="", text="", problem=str(problem))
