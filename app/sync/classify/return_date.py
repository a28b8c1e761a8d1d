"""When an absent person is back, read from the text of an away note. Pure.

A date is believed when it lies between the mail's own day and a hundred days later.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from app.sync.classify.calendar_words import (
    MONTHS,
    NEXT_WEEK,
    NUMBERS,
    TOMORROW,
    UNITS,
    WEEKDAYS,
)

MAX_DAYS = 100
_READ_CHARS = 4_000
# What stands before the day of return, and before the last day away.
_RETURN = re.compile(
    r"\b(?:back|return(?:ing)?|again|resume|wieder|zurück|rückkehr|retour|reviens|reviendrai|"
    r"rentr\w{0,6}|vuelv\w{0,4}|volver\w{0,4}|regres\w{0,5}|vuelta|rientr\w{0,5}|torn\w{0,5}|"
    r"retorn\w{0,5}|volt\w{0,5}|terug|weer|wrac\w{0,5}|wróc\w{0,4}|powr\w{0,4}|dostępn\w{0,3}|"
    r"tillbaka|åter|tilbage|tilbake|igen|palaan|takaisin|vrát\w{0,4}|zpět|верн\w{0,4}|"
    r"буду на месте|выйду|dön\w{0,6})\b|戻|復帰|出社|返回|恢复|복귀",
    re.I,
)
_UNTIL = re.compile(
    r"\b(?:until|till|til|through|thru|to|bis|jusqu\W{0,2}\w{1,2}|au|hasta|al|fino|até|ao|tot|t/m|"
    r"do|till och med|t\.o\.m|frem til|saakka|asti|по|до|kadar)\b|まで|至|까지",
    re.I,
)
_INCLUSIVE = re.compile(
    r"through|thru|einschl|inclus|incluid|compreso|t/m|en met|t\.o\.m|och med|włącznie|включительно",
    re.I,
)
_WORD = r"[^\W\d_]{3,13}"
_ISO = re.compile(r"(?<!\d)(20\d\d)-(\d{1,2})-(\d{1,2})(?!\d)")
_CJK = re.compile(r"(?:(20\d\d)\s?[年년]\s?)?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_NUMERIC = re.compile(
    r"(?<![\d.,/-])(\d{1,2})([./-])\s?(\d{1,2})(?:\2\s?(\d{4}|\d{2})(?!\d))?(?![\d:%])"
)
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|º|°|\.|:e|:a)?\s?(?:of |de |d')?\s?({_WORD})\.?(?:,?\s?(?:de |del )?(20\d\d))?",
    re.I,
)
_MONTH_DAY = re.compile(
    rf"({_WORD})\.?\s(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(20\d\d))?(?!\d|[:.]\d)", re.I
)
_SPAN = re.compile(
    rf"\b(?:in|dans|en|tra|fra|over|za|om|через|em|for|für)\s(\d{{1,2}}|{_WORD}|un|a)\s({_WORD})",
    re.I,
)
_WEEKDAY = re.compile("|".join(sorted(map(re.escape, WEEKDAYS), key=len, reverse=True)), re.I)


def return_date(text: str, *, today: date) -> date | None:
    """The day the writer is back, or None when the note does not say (believably)."""
    text = re.sub(r"\s+", " ", text[:_READ_CHARS])
    found = [
        (_rank(text, start), day + timedelta(days=_is_inclusive(text, start, end)))
        for start, end, day in _absolute(text, today)
    ]
    if not found:
        found = [(0, day) for day in _relative(text, today)]
    believable = [(rank, day) for rank, day in found if _is_believable(day, today)]
    if not believable:
        return None
    best = min(rank for rank, _ in believable)
    return max(day for rank, day in believable if rank == best)


def _is_believable(day: date, today: date) -> bool:
    return today <= day <= today + timedelta(days=MAX_DAYS)


def _rank(text: str, start: int) -> int:
    """0 after a word of return, 1 after a word of until, 2 elsewhere. Nearest word wins."""
    before = re.split(r"[.!?。] ", text[max(0, start - 60) : start])[-1]
    returns = [m.end() for m in _RETURN.finditer(before)]
    untils = [m.end() for m in _UNTIL.finditer(before)]
    if returns:
        return 0
    return 1 if untils else 2


def _is_inclusive(text: str, start: int, end: int) -> int:
    return int(
        bool(_INCLUSIVE.search(text[max(0, start - 25) : start] + " " + text[end : end + 18]))
    )


def _absolute(text: str, today: date) -> Iterator[tuple[int, int, date]]:
    taken: list[tuple[int, int]] = []
    for pattern, read in (
        (_ISO, _read_iso), (_CJK, _read_cjk), (_DAY_MONTH, _read_day_month),
        (_MONTH_DAY, _read_month_day), (_NUMERIC, _read_numeric),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < b and a < end for a, b in taken):
                continue
            day = read(match, today)
            if day is not None:
                taken.append((start, end))
                yield start, end, day


def _read_iso(match: re.Match[str], today: date) -> date | None:
    return _date(int(match[1]), int(match[2]), int(match[3]))


def _read_cjk(match: re.Match[str], today: date) -> date | None:
    return _with_year(int(match[3]), int(match[2]), match[1], today)


def _read_day_month(match: re.Match[str], today: date) -> date | None:
    month = MONTHS.get(match[2].lower())
    return _with_year(int(match[1]), month, match[3], today) if month else None


def _read_month_day(match: re.Match[str], today: date) -> date | None:
    month = MONTHS.get(match[1].lower())
    return _with_year(int(match[2]), month, match[3], today) if month else None


def _read_numeric(match: re.Match[str], today: date) -> date | None:
    first, second, year = int(match[1]), int(match[3]), match[4]
    if match[2] == "-" and not year:
        return None  # "9-5" is office hours
    if match[2] == "." and not year and match.string[match.end() : match.end() + 1] != ".":
        return None  # "2.5" is a number; "24.12." is a day
    readings = [(first, second)]
    if match[2] == "/":
        readings.append((second, first))  # nobody says which side of the ocean this is from
    days = [_with_year(day, month, year, today) for day, month in readings]
    possible = [day for day in days if day is not None and _is_believable(day, today)]
    return max(possible, default=None)


def _with_year(day: int, month: int, year: str | None, today: date) -> date | None:
    if year:
        number = int(year)
        return _date(number + 2000 if number < 100 else number, month, day)
    this_year = _date(today.year, month, day)
    if this_year is not None and this_year < today - timedelta(days=30):
        return _date(today.year + 1, month, day)
    return this_year


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _relative(text: str, today: date) -> Iterator[date]:
    """Only what stands right after a word of return or until: other days mean other things."""
    for cue in (*_RETURN.finditer(text), *_UNTIL.finditer(text)):
        after = re.split(r"[.!?。]", text[cue.end() : cue.end() + 45])[0]
        before = re.split(r"[.!?。]", text[max(0, cue.start() - 30) : cue.start()])[-1]
        day = _relative_day(after, today)
        # "Ab Montag bin ich wieder da", "月曜に戻ります": the day stands first.
        day = day or (_relative_day(before, today) if _RETURN.fullmatch(cue[0]) else None)
        if day is not None:
            yield day


def _relative_day(after: str, today: date) -> date | None:
    if re.search(NEXT_WEEK, after, re.I):
        return today + timedelta(days=7 - today.weekday())
    span = _SPAN.search(after)
    if span and span[2].lower() in UNITS:
        count = int(span[1]) if span[1].isdigit() else NUMBERS.get(span[1].lower())
        if count:
            return today + timedelta(days=count * UNITS[span[2].lower()])
    for match in _WEEKDAY.finditer(after):
        if _is_whole_word(after, match):
            ahead = (WEEKDAYS[match[0].lower()] - today.weekday() - 1) % 7 + 1
            return today + timedelta(days=ahead)
    if re.search(rf"(?:^|\W)(?:{TOMORROW})", after, re.I):
        return today + timedelta(days=1)
    return None


def _is_whole_word(text: str, match: re.Match[str]) -> bool:
    if not match[0].isascii() and ord(match[0][0]) > 0x2E80:
        return True
    around = text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
    return not any(c.isalpha() for c in around)
