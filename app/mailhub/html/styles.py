"""Which inline CSS a mail may use: known properties with values that name nothing else."""

import re

PROPERTIES = {
    "color", "background-color", "font-family", "font-size", "font-style", "font-weight",
    "font-variant", "line-height", "letter-spacing", "word-spacing", "text-align",
    "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space",
    "word-break", "overflow-wrap", "direction", "display", "float", "clear",
    "width", "height", "max-width", "min-width", "max-height", "min-height",
    "margin", "margin-top", "margin-right", "margin-bottom", "margin-left",
    "padding", "padding-top", "padding-right", "padding-bottom", "padding-left",
    "border", "border-top", "border-right", "border-bottom", "border-left", "border-color",
    "border-style", "border-width", "border-collapse", "border-spacing", "border-radius",
    "border-top-color", "border-right-color", "border-bottom-color", "border-left-color",
    "border-top-style", "border-right-style", "border-bottom-style", "border-left-style",
    "border-top-width", "border-right-width", "border-bottom-width", "border-left-width",
    "list-style-type", "table-layout", "box-sizing", "opacity",
}  # fmt: skip
# No backslash (escapes), no slash (comments), no at-sign, no braces; parentheses only of colours.
_VALUE = re.compile(
    r"""[\w\s#.,%'"!+-]*(?:(?:rgb|rgba|hsl|hsla)\([\d\s.,%]{1,60}\)[\w\s#.,%'"!+-]*){0,4}"""
)
_MAX_STYLE = 4_000


def safe_style(value: str) -> str | None:
    """The declarations that are allowed, or None when nothing is left."""
    kept = []
    for declaration in value[:_MAX_STYLE].split(";"):
        name, colon, content = declaration.partition(":")
        name, content = name.strip().lower(), content.strip()
        if colon and name in PROPERTIES and is_safe_value(content):
            kept.append(f"{name}:{content}")
    return ";".join(kept) or None


def is_safe_value(content: str) -> bool:
    """Whether a CSS value is of the plain kind: no function but colours, no custom property."""
    if not content or len(content) > 300 or "--" in content:
        return False
    if content.count('"') % 2 or content.count("'") % 2:
        return False
    return bool(_VALUE.fullmatch(content))
