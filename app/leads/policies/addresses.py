"""Addresses: tidied, checked and split. Nothing is asked of the network here."""

import re
from functools import lru_cache

#: What a plain address looks like; anything else is tidied first and then asked again.
_PLAIN = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[a-z0-9.-]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_IN_BRACKETS = re.compile(r"<\s*([^<>\s]+)\s*>")
MAX_ADDRESS, MAX_LOCAL, MAX_DOMAIN = 254, 64, 253


def normal_email(text: str) -> str | None:
    """The address in lower case, or None when mail could not be sent to it.

    Takes what people paste: 'Ann <ann@x.com>', 'mailto:ann@x.com', a trailing comma. Names of
    domains in other scripts become their ASCII form.
    """
    if not _is_tidy(text):
        text = _tidy(text)
        text = text if text.isascii() else _ascii_domain(text)
        if not _PLAIN.fullmatch(text):
            return None
    local, _, domain = text.rpartition("@")
    fits = len(text) <= MAX_ADDRESS and len(local) <= MAX_LOCAL
    return text if fits and is_domain(domain) else None


def _is_tidy(text: str) -> bool:
    """Whether nothing surrounds the address: most lists hold nothing else."""
    return bool(_PLAIN.fullmatch(text)) and text[0] != "'" and text[-1] != "."


def _tidy(text: str) -> str:
    """Without what surrounds an address in lists copied from mail programs."""
    value = text.strip()
    inside = _IN_BRACKETS.search(value) if "<" in value else None
    value = inside.group(1) if inside else value
    if value[:7].lower() == "mailto:":
        value = value[7:].partition("?")[0]
    return value.strip(" \t\r\n\u00a0\u200b\ufeff\"'<>,;").rstrip(".").lower()


def _ascii_domain(value: str) -> str:
    """The domain in its ASCII form; the value unchanged when there is none."""
    local, at, domain = value.rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except (UnicodeError, ValueError):
        return value


@lru_cache(maxsize=50_000)
def is_domain(domain: str) -> bool:
    """Whether this is a domain name with a dot in it and a top level that is not a number."""
    labels = domain.split(".")
    if len(labels) < 2 or len(domain) > MAX_DOMAIN or labels[-1].isdigit():
        return False
    return len(labels[-1]) >= 2 and all(_LABEL.fullmatch(label) for label in labels)


def normal_domain(text: str) -> str | None:
    """A domain as people write it ('@X.com', 'https://x.com/') in plain form; None if it is none."""
    value = re.sub(r"^[a-z]+://", "", text.strip().lower()).partition("/")[0]
    value = value.removeprefix("www.").lstrip("@").rstrip(".")
    if not value.isascii():
        value = _ascii_domain("@" + value).lstrip("@")
    return value if is_domain(value) else None


def domain_of(email: str) -> str:
    """What stands behind the @."""
    return email.rpartition("@")[2]
