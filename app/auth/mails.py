"""The words of system mail: renders subject, text and HTML. Sending is another room's business."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.core.events import SystemMailRequested, publish
from app.core.settings import settings

_TEMPLATES = Path(__file__).parents[2] / "templates"


def send_system_mail(to: str, *, subject: str, template: str, purpose: str, **context: Any) -> None:
    """Render `<template>.txt` and `.html` and ask for one mail to `to`, in this transaction."""
    text, html = render_mail(template, title=subject, **context)
    publish(
        SystemMailRequested(
            purpose=purpose, to_email=to, subject=subject, body_text=text, body_html=html
        )
    )


def render_mail(template: str, **context: Any) -> tuple[str, str]:
    """The text and the HTML of a mail."""
    context = {"public_url": settings.public_url, **context}
    text = _environment().get_template(f"{template}.txt").render(context)
    html = _environment().get_template(f"{template}.html").render(context)
    return text, html


def absolute_url(path: str) -> str:
    """An address on this installation; never built from what a request claims its host is."""
    return settings.public_url.rstrip("/") + path


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
