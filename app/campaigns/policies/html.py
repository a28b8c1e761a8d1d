"""The text of a step as it may be stored: formatting, links and merge tags, nothing that acts."""

import re

import nh3

_CLEANER = nh3.Cleaner(
    tags={
        "a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "hr", "i", "img",
        "li", "ol", "p", "pre", "s", "span", "strong", "u", "ul",
    },
    attributes={"a": {"href", "title"}, "img": {"src", "alt", "width", "height"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
)  # fmt: skip

# A picture pasted from a file or from another mail: its address meant nothing outside of there.
_NO_SOURCE = re.compile(r'<img(?![^<>]* src="(?:https?:|\{\{))[^<>]*>')


def clean_body(html: str) -> str:
    """The same text without scripts, styles and foreign attributes. Again: changes nothing."""
    return _NO_SOURCE.sub("", _CLEANER.clean(html)).strip()
