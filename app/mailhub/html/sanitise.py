"""`sanitise`: from what came in the mail to what may be stored and shown.

The result is a fixed point: cleaning it again changes nothing, so no parser can be talked into
reading it differently the second time. What does not settle is shown as text.
"""

import html
import re
from collections.abc import Callable

import nh3

from app.mailhub.html.depth import bare_text, is_too_deep
from app.mailhub.html.styles import PROPERTIES, safe_style

MAX_HTML = 2_000_000
_TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br",
    "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt",
    "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "pre", "q", "s",
    "samp", "section", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_CONTENT_DROPPED = {
    "script", "style", "title", "head", "noscript", "template", "svg", "math", "iframe", "object",
    "embed", "applet", "frameset", "select", "textarea", "noembed", "noframes", "xmp", "plaintext",
    "audio", "video", "canvas",
}  # fmt: skip
_CELL = {"colspan", "rowspan", "width", "height", "bgcolor", "align", "valign", "nowrap"}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border"},
    "table": {"width", "height", "border", "cellpadding", "cellspacing", "bgcolor"},
    "td": _CELL,
    "th": _CELL,
    "tr": {"bgcolor", "valign", "height"},
    "col": {"width", "span"},
    "font": {"color", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "hr": {"width", "size", "color"},
}
# Marks of mail programs at the start of the history; kept so that it can be folded.
QUOTE_CLASSES = {
    "gmail_quote", "gmail_quote_container", "protonmail_quote", "yahoo_quoted", "moz-cite-prefix",
}  # fmt: skip
QUOTE_IDS = {"appendonsend", "divRplyFwdMsg", "mail-editor-reference-message-container"}
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "data"}
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpeg|jpg|webp);base64,[A-Za-z0-9+/=]+", re.I)
_PLAIN_VALUE = re.compile(r"[\w\s#.,%+-]{0,100}")
_REMOTE = re.compile(r"<img [^<>]*src=\"(https?:[^\"<>]*)[^<>]*>", re.I)
_INVISIBLE = re.compile(r'\b(?:width|height)="[01](?:px)?"', re.I)

ImageFilter = Callable[[str], str | None]


def sanitise(source: str) -> str:
    """Safe HTML with cid:, data: and remote image addresses still in place."""
    return clean_with(source[:MAX_HTML], lambda url: url)


def clean_with(source: str, image: ImageFilter) -> str:
    """Clean, letting `image` decide what becomes of each image address, until nothing changes."""
    if is_too_deep(source):
        return _as_text(source)
    cleaner = _cleaner(image)
    current = cleaner.clean(source)
    for _ in range(4):
        again = cleaner.clean(current)
        if again == current:
            return current
        current = again
    return _as_text(current)


def _as_text(source: str) -> str:
    return f"<pre>{html.escape(html.unescape(bare_text(source)), quote=False)}</pre>"


def has_remote_images(clean: str, own_url: str = "") -> bool:
    """Whether a sanitised body wants to load pictures from elsewhere that one could see.

    Our own pixel never counts, nor do those of others: nobody misses them.
    """
    own = f"{own_url.rstrip('/')}/t/" if own_url else None
    return any(
        not (own and found[1].startswith(own)) and not _INVISIBLE.search(found[0])
        for found in _REMOTE.finditer(clean)
    )


def _cleaner(image: ImageFilter) -> nh3.Cleaner:
    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return safe_style(value)
        if name == "src":
            return _safe_image(value, image) if tag == "img" else None
        if name == "href":
            return _safe_link(value)
        if name in {"title", "alt"}:
            return value
        if name in {"class", "id", "target", "rel"}:
            return value
        return value if _PLAIN_VALUE.fullmatch(value) else None

    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=_CONTENT_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        allowed_classes={"div": QUOTE_CLASSES, "blockquote": QUOTE_CLASSES, "p": {"MsoNormal"}},
        tag_attribute_values={"blockquote": {"type": {"cite"}}, "div": {"id": QUOTE_IDS}},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
        url_schemes=_SCHEMES,
        url_relative="deny",
        filter_style_properties=PROPERTIES,
    )


def _safe_link(value: str) -> str | None:
    url = _CONTROLS.sub("", value)
    return url if re.match(r"(?:https?://|mailto:|tel:)[^\s]", url, re.I) else None


def _safe_image(value: str, image: ImageFilter) -> str | None:
    url = _CONTROLS.sub("", value)
    if re.match(r"data:", url, re.I):
        return url if _DATA_IMAGE.fullmatch(url) else None
    if not re.match(r"(?:https?://|cid:)[^\s]", url, re.I):
        return None
    return image(url)
