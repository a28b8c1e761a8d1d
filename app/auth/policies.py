"""Pure rules of identity: passwords, addresses, times of life, where a sign-in may lead."""

import re
from datetime import timedelta
from functools import cache
from ipaddress import IPv4Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

MIN_PASSWORD = 12
MAX_PASSWORD = 256  # beyond this a hash costs the server more than it protects the person

SESSION_IDLE = timedelta(hours=12)
SESSION_ABSOLUTE = timedelta(days=30)
RESET_LIFE = timedelta(minutes=60)
RESET_PAUSE = timedelta(seconds=60)
VERIFY_LIFE = timedelta(days=7)
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=30)

LOGIN_WINDOW = timedelta(seconds=60)
LOGIN_LIMIT = 5

_WORDS_FILE = Path(__file__).parent / "data" / "common_words.txt"
_ROWS = (
    "1234567890",
    "qwertyuiop[]",
    "qwertzuiopü",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "abcdefghijklmnopqrstuvwxyz",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "!@#$%^&*()_+",
    '!"§$%&/()=?',
)
_LEET = str.maketrans("013457@$!|", "oleastasii")
_PIECES = re.compile(r"[a-z0-9]{4,}")
_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")

# The first that occurs wins: most browsers also claim to be the ones below them.
_BROWSERS = (
    ("edg/", "Edge"),
    ("opr/", "Opera"),
    ("firefox/", "Firefox"),
    ("chrome/", "Chrome"),
    ("safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
)


@cache
def common_words() -> frozenset[str]:
    """The words that common passwords are made of."""
    lines = _WORDS_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def password_problem(password: str, *, email: str = "", name: str = "") -> str | None:
    """Why this password is refused, as a sentence for the person, or None."""
    if len(password) < MIN_PASSWORD:
        return f"Use at least {MIN_PASSWORD} characters."
    if len(password) > MAX_PASSWORD:
        return f"Use at most {MAX_PASSWORD} characters."
    if is_common(password):
        return "This password is easy to guess. Choose a less common one."
    if is_personal(password, email=email, name=name):
        return "This password is too close to your name or email address."
    return None


def is_common(password: str) -> bool:
    """Whether the password is a repetition, a keyboard walk, or one or two common words."""
    lowered = password.lower()
    return (
        len(set(lowered)) < 5
        or _repeats(lowered)
        or _walks(lowered)
        or any(_few_words(core, 2) for core in _cores(lowered))
    )


def is_personal(password: str, *, email: str, name: str) -> bool:
    """Whether little is left of the password once the person's own words are taken out."""
    rest = password.lower()
    for piece in sorted(_PIECES.findall(f"{email} {name}".lower()), key=len, reverse=True):
        rest = rest.replace(piece, "")
    return len(rest) < len(password) and len(rest) < 8


def strength(password: str) -> int:
    """From 0 (refused) to 4 (strong); length counts most, variety a little."""
    if password_problem(password):
        return 0
    kinds = sum(bool(re.search(p, password)) for p in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"))
    return min(4, 1 + (len(password) - MIN_PASSWORD) // 4 + (kinds >= 3))


def normalise_email(address: str) -> str:
    """The form under which addresses are compared and kept."""
    return address.strip().casefold()


def one_source(ip: str) -> str:
    """What attempts from an IP address are counted under. Whoever has one IPv6 address has the
    18 quintillion of its /64 network, so these count as one."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv4Address):
        return ip
    return str(address.ipv4_mapped or ip_network((address.packed, 64), strict=False))


def safe_next(target: str | None) -> str | None:
    """The place to go after sign-in, when it lies on this site; None otherwise."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if _CONTROL.search(target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def _cores(lowered: str) -> set[str]:
    """The letters of a password without its digits and signs, with and without leet spelling."""
    stripped = re.sub(r"^[^a-z]+|[^a-z]+$", "", lowered)
    spelled = stripped.translate(_LEET)
    whole = lowered.translate(_LEET)
    return {re.sub(r"[^a-z]", "", form) for form in (lowered, stripped, spelled, whole)} - {""}


def _few_words(core: str, most: int) -> bool:
    """Whether `core` is nothing but at most `most` common words."""
    if not core:
        return True
    if most == 0:
        return False
    return any(
        _few_words(core[size:], most - 1)
        for size in range(2, len(core) + 1)
        if core[:size] in common_words()
    )


def _repeats(text: str) -> bool:
    unit = (text + text).find(text, 1)
    return unit < len(text) and unit < 8


def _walks(text: str) -> bool:
    """Whether the text is nothing but runs of at least three neighbours of a row."""
    position = 0
    while position < len(text):
        size = _run(text[position:])
        if size < 3:
            return False
        position += size
    return True


def _run(text: str) -> int:
    """How many leading characters of the text follow a row, forwards or backwards."""
    rows = [turned for row in _ROWS for turned in (row * 2, (row * 2)[::-1])]
    best = 0
    for size in range(3, len(text) + 1):
        if not any(text[:size] in row for row in rows):
            break
        best = size
    return best


def browser_name(user_agent: str) -> str:
    """`Firefox on Linux`, for a list of sessions. A guess; the whole string says no more."""
    text = user_agent.lower()
    browser = next((name for mark, name in _BROWSERS if mark in text), "Unknown browser")
    system = next((name for mark, name in _SYSTEMS if mark in text), "")
    return f"{browser} on {system}" if system else browser
