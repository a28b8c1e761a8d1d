"""Foreign HTML made safe to look at. Pure: text in, text out.

Three walls: the allow-list here, the sandboxed iframe, and the policy header of the body's own
route. Each would do alone.
"""

from app.mailhub.html.document import FOLD, NARROW, WIDE, body_document, estimate_height, is_plain
from app.mailhub.html.sanitise import has_remote_images, sanitise
from app.mailhub.html.text import linkify, text_to_html

__all__ = [
    "FOLD",
    "NARROW",
    "WIDE",
    "body_document",
    "estimate_height",
    "has_remote_images",
    "is_plain",
    "linkify",
    "sanitise",
    "text_to_html",
]
