"""The document that stands in the sandboxed iframe of an HTML mail."""

import re
from collections.abc import Mapping

from app.mailhub.html.folding import fold_quoted
from app.mailhub.html.sanitise import clean_with

_STYLE = """
:root { color-scheme: light; }
body { margin: 0; padding: 2px 0; font: 15px/1.5 system-ui, sans-serif; color: #1d1d1b;
  background: #fff; overflow-wrap: anywhere; }
body > :first-child, body > :first-child > :first-child { margin-top: 0; }
img { max-width: 100%; height: auto; }
table { max-width: 100%; }
pre { white-space: pre-wrap; font: inherit; }
blockquote { margin: 0 0 0 8px; padding-left: 12px; border-left: 2px solid #ddd; }
a { color: #0b6b45; }
details.quoted > summary { display: inline-block; padding: 0 8px; border-radius: 6px; margin: 6px 0;
  background: #eee; color: #666; cursor: pointer; list-style: none; line-height: 16px; }
details.quoted > summary:focus-visible { outline: 2px solid #0b6b45; }
"""


def body_document(clean: str, *, inline: Mapping[str, str], show_remote: bool, own_url: str) -> str:
    """The whole document. `inline` maps content ids to data: addresses of raster images.

    Remote images are left out unless asked for. Our own tracking pixels are always left out: a
    colleague who reads the copy in Sent must not count as an open.
    """

    def image(url: str) -> str | None:
        if url.lower().startswith("cid:"):
            return inline.get(url[4:])
        if not show_remote or url.startswith(own_url.rstrip("/") + "/t/"):
            return None
        return url

    body = fold_quoted(clean_with(clean, image))
    return (
        '<!doctype html><html lang="und"><head><meta charset="utf-8"><title>Message</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def estimate_height(clean: str) -> int:
    """Pixels the frame should have: a frame without scripts cannot say so itself."""
    shown = fold_quoted(clean).split('<details class="quoted">')[0]
    blocks = len(re.findall(r"<(?:p|div|br|tr|li|h[1-6]|hr)\b", shown))
    letters = len(re.sub(r"<[^<>]*>", "", shown))
    images = sum(min(int(n), 600) for n in re.findall(r'<img [^<>]*height="(\d{1,4})"', shown)[:10])
    return max(90, min(40 + blocks * 22 + letters // 85 * 22 + images, 1600))
