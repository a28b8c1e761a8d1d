"""The document that stands in the sandboxed iframe of an HTML mail."""

import re
from collections.abc import Mapping

from app.mailhub.html.folding import fold_quoted
from app.mailhub.html.sanitise import clean_with

_STYLE = """
:root { color-scheme: light; }
body { margin: 0; padding: 2px 0; overflow-wrap: anywhere; color: light-dark(#1d1d1b, #ecece8);
  font: 14px/1.6 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
body > :first-child, body > :first-child > :first-child { margin-top: 0; }
p.MsoNormal { margin: 0; } /* as Outlook's own style sheet says, which is left out */
img { max-width: 100%; height: auto; }
table { max-width: 100%; }
pre { white-space: pre-wrap; font: inherit; }
blockquote { margin: 0 0 0 8px; padding-left: 12px;
  border-left: 2px solid light-dark(#ddd, #444); }
a { color: light-dark(#0b6b45, #6fd6a4); }
details.quoted > summary { display: inline-block; padding: 0 8px; border-radius: 6px; margin: 6px 0;
  background: light-dark(#eee, #333); color: light-dark(#666, #bbb); cursor: pointer;
  list-style: none; line-height: 16px; }
details.quoted > summary:focus-visible { outline: 2px solid light-dark(#0b6b45, #6fd6a4); }
"""
# Words without colours of their own follow the reader's scheme; others were written for paper.
_PLAIN = ":root { color-scheme: %s; }"
WIDE, NARROW = 62, 38  # letters of a line in the reader, and on a phone
FOLD = 40  # pixels of the dots behind which quoted text waits
_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(r"</?(?:p|div|br|tr|li|h[1-6]|ul|ol|table|blockquote|hr)\b[^<>]*>")
_BLANK = re.compile(r"<br[^<>]*>(?=\s*(?:<br|</(?:p|div|li|td)))")
_AIRY = re.compile(r"<(?:p|h[1-6]|ul|ol|blockquote|pre|hr)\b(?![^<>]*MsoNormal)")
_IMAGE_HEIGHT = re.compile(r'<img [^<>]*height="(\d{1,4})"')
_SCHEMES = {"light": "light", "dark": "dark"}
_PAPER = "html { background: #fff; }"
_PICTURE = re.compile(r'<img (?![^<>]*\b(?:width|height)="[01]")', re.I)
_COLOURED = re.compile(r"""<[^<>]*(?:\bbgcolor=|\bcolor=|[;"' ](?:background-)?color\s*:)""", re.I)


def is_plain(clean: str) -> bool:
    """Whether a mail sets no colours and shows no pictures, so that it reads on any ground."""
    return not _COLOURED.search(clean) and not _PICTURE.search(clean)


def body_document(
    clean: str, *, inline: Mapping[str, str], show_remote: bool, own_url: str, theme: str = ""
) -> str:
    """The whole document. `inline` maps content ids to data: addresses of raster images.

    Remote images are left out unless asked for. Our own tracking pixels are always left out: a
    colleague who reads the copy in Sent must not count as an open. `theme` is what the reader chose;
    empty follows the system.
    """

    def image(url: str) -> str | None:
        if url.lower().startswith("cid:"):
            return inline.get(url[4:])
        if not show_remote or url.startswith(own_url.rstrip("/") + "/t/"):
            return None
        return url

    body = fold_quoted(clean_with(clean, image))
    style = _STYLE + (_PLAIN % _SCHEMES.get(theme, "light dark") if is_plain(clean) else _PAPER)
    return (
        '<!doctype html><html lang="und"><head><meta charset="utf-8"><title>Message</title>'
        f"<style>{style}</style></head><body>{body}</body></html>"
    )


def estimate_height(clean: str, letters: int = WIDE) -> int:
    """Pixels the frame should have where a line holds that many letters: a frame without scripts
    cannot say so itself. Rather a little too many than words cut off."""
    shown, folded, _ = fold_quoted(clean).partition('<details class="quoted">')
    texts = [_TAG.sub("", part).strip() for part in _BREAK.split(shown)]
    lines = sum(-(-len(text) // letters) for text in texts) + len(_BLANK.findall(shown))
    images = sum(min(int(n), 600) for n in _IMAGE_HEIGHT.findall(shown)[:10])
    extra = 36 + (FOLD if folded else 0)
    return int(max(90, min(extra + lines * 22.4 + len(_AIRY.findall(shown)) * 14 + images, 1600)))
