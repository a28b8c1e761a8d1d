"""Reading SMTP replies: enhanced codes, and whose fault a refusal is. Pure."""

from __future__ import annotations

import re

from app.providers.mail.errors import (
    AuthExpired,
    Family,
    MailError,
    Permanent,
    Phase,
    RateLimited,
    Temporary,
)

_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]+")

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0

# The enhanced code alone decides (class digit left out): RFC 3463 and what large providers do.
_BY_ENHANCED = {
    "1.1": Family.ADDRESS,  # bad mailbox
    "1.2": Family.ADDRESS,  # bad domain
    "1.3": Family.ADDRESS,  # bad syntax
    "1.6": Family.ADDRESS,  # moved away
    "1.8": Family.BLOCK,  # sender's domain is bad
    "1.10": Family.ADDRESS,  # null MX
    "2.0": Family.SOFT,
    "2.1": Family.ADDRESS,  # disabled, not accepting
    "2.2": Family.SOFT,  # full
    "2.3": Family.UNKNOWN,  # too long for the recipient
    "3.0": Family.SOFT,
    "3.1": Family.SOFT,
    "3.2": Family.SOFT,
    "3.4": Family.UNKNOWN,  # message too big
    "4.0": Family.SOFT,
    "4.1": Family.SOFT,
    "4.2": Family.SOFT,
    "4.3": Family.SOFT,
    "4.4": Family.ADDRESS,  # unable to route
    "4.5": Family.BLOCK,  # daily limit
    "4.6": Family.UNKNOWN,  # routing loop
    "4.7": Family.SOFT,
    "5.3": Family.SOFT,  # too many recipients in one mail
    "6.0": Family.UNKNOWN,
    "7.8": Family.AUTH,
    "7.9": Family.AUTH,
    "7.14": Family.AUTH,
    "7.26": Family.BLOCK,  # the sending domain fails SPF and DKIM
    "7.30": Family.AUTH,  # basic authentication switched off
    "7.57": Family.AUTH,  # not authenticated to send
    "7.60": Family.BLOCK,
}

_WORDS: tuple[tuple[Family, re.Pattern[str]], ...] = (
    (
        Family.BLOCK,
        re.compile(
            r"rate.?limit|too (many|fast|much)|sending limit|daily.{0,20}(limit|quota)|"
            r"quota exceeded for send|throttl|spam|blocked|black.?list|blocklist|reputation|"
            r"unsolicited|dmarc|\bspf\b|policy|suspicious|not allowed to send|listed (at|in|on|by)",
            re.I,
        ),
    ),
    (
        Family.SOFT,
        re.compile(
            r"gr[ea]ylist|try (again )?later|mailbox (is )?full|over ?quota|insufficient|"
            r"temporar|unavailable at this time|local error",
            re.I,
        ),
    ),
    (
        Family.ADDRESS,
        re.compile(
            r"(no such|unknown|invalid|non.?exist\w*|does not exist|doesn't exist|not found|"
            r"rejected).{0,40}(user|recipient|mailbox|address|account|host|domain)|"
            r"(user|recipient|mailbox|address|account).{0,60}(unknown|not found|does(n't| not) "
            r"exist|unavailable|disabled|invalid|inactive|rejected|no longer)|no mailbox",
            re.I,
        ),
    ),
    (
        Family.AUTH,
        re.compile(
            r"authentication (is )?(failed|required|unsuccessful|invalid)|not authenticated to|"
            r"application.specific password|log ?in via|credential|"
            r"username and password",
            re.I,
        ),
    ),
)

_RATE_WORDS = re.compile(
    r"rate.?limit|too (many|fast|much)|sending limit|daily.{0,20}(limit|quota)|throttl|"
    r"slow down|connections? limit",
    re.I,
)
_DAILY_WORDS = re.compile(r"daily|24 hours|per day|tomorrow", re.I)


def clean_words(raw: bytes | str, *, secrets: tuple[str, ...] = (), limit: int = 500) -> str:
    """A server's words fit to be stored and shown: printable, bounded, without our secrets."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    for secret in secrets:
        if secret:
            text = text.replace(secret, "•••")
    return " ".join(_UNPRINTABLE.sub(" ", text).split())[:limit]


def split_enhanced(text: str) -> tuple[str, str]:
    """("5.1.1", "No such user") from "5.1.1 No such user"; repeated in each line of a reply."""
    match = _ENHANCED.match(text)
    if not match:
        return "", text
    code = match.group(1)
    return code, text[match.end() :].replace(f" {code} ", " ").strip()


def classify_reply(code: int, enhanced: str, text: str, phase: Phase) -> Family:
    """Whose fault a 4xx or 5xx reply is. The enhanced code first, then the words, then the code."""
    if phase is Phase.AUTH:
        return Family.AUTH if code >= 500 else Family.SOFT
    subject = enhanced.partition(".")[2]
    family = _BY_ENHANCED.get(subject) or _family_of_words(text)
    if subject.startswith("7.") and family in (None, Family.SOFT, Family.ADDRESS):
        # Security and policy codes: a 4.7.x is nearly always greylisting, a 5.7.x a block.
        family = Family.SOFT if code < 500 else Family.BLOCK
    if family is None:
        family = _family_of_code(code, phase)
    if code < 500 and family in (Family.ADDRESS, Family.UNKNOWN):
        return Family.SOFT
    return family


def _family_of_words(text: str) -> Family | None:
    return next((family for family, words in _WORDS if words.search(text)), None)


def _family_of_code(code: int, phase: Phase) -> Family:
    if code in (530, 534, 535, 538):
        return Family.AUTH
    if code < 500:
        return Family.SOFT
    if code in (550, 551, 553) and phase is Phase.RCPT:
        return Family.ADDRESS
    return Family.UNKNOWN


def retry_after(code: int, enhanced: str, text: str) -> float | None:
    """Seconds to stay away when a reply means "too much", else None."""
    if enhanced.endswith(".4.5") or (_RATE_WORDS.search(text) and _DAILY_WORDS.search(text)):
        return DAY
    if enhanced == "4.7.28" or _RATE_WORDS.search(text):
        return HOUR if code >= 500 else 15 * MINUTE
    return None


def error_for_reply(code: int, raw: bytes, phase: Phase, secrets: tuple[str, ...]) -> MailError:
    """The error a refusal raises: never `Uncertain`, a reply is a definite answer."""
    enhanced, text = split_enhanced(clean_words(raw, secrets=secrets))
    family = classify_reply(code, enhanced, text, phase)
    if family is Family.AUTH and code >= 500:
        return AuthExpired(text, phase=phase, code=code, enhanced=enhanced, family=family)
    wait = retry_after(code, enhanced, text) if family in (Family.BLOCK, Family.SOFT) else None
    if wait is not None:
        return RateLimited(text, retry_after=wait, phase=phase, code=code, enhanced=enhanced)
    kind = Permanent if code >= 500 else Temporary
    return kind(text, phase=phase, code=code, enhanced=enhanced, family=family)
