"""Turning a step's text and one lead's values into the bytes of a mail.

`texts` parses a text once, `compose` fills it for one mail, `mime` makes the bytes and `preview`
shows it to a person. Pure: no database, no clock, no network.
"""

from app.sending.render.compose import Composed, Envelope, LinkSigner, compose
from app.sending.render.liquid import (
    BadTemplate,
    EmptyText,
    MissingVariable,
    TemplateProblem,
    variables_of,
)
from app.sending.render.mime import HeaderInjection
from app.sending.render.preview import Preview, render_preview
from app.sending.render.texts import MailText, compiled

__all__ = [
    "BadTemplate",
    "Composed",
    "EmptyText",
    "Envelope",
    "HeaderInjection",
    "LinkSigner",
    "MailText",
    "MissingVariable",
    "Preview",
    "TemplateProblem",
    "compiled",
    "compose",
    "render_preview",
    "variables_of",
]
