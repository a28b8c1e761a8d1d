"""Out of office: until when a lead is left alone."""

from datetime import UTC, date, datetime, time, timedelta

WITHOUT_DATE = timedelta(days=14)
LONGEST = timedelta(days=100)


def resume_at(received: datetime, returns_on: date | None) -> datetime:
    """The day after the return date; two weeks on when none was given or it cannot be believed.

    Never beyond a hundred days.
    """
    if returns_on is None:
        return received + WITHOUT_DATE
    back = datetime.combine(returns_on + timedelta(days=1), time.min, tzinfo=UTC)
    if back <= received:
        return received + WITHOUT_DATE
    return min(back, received + LONGEST)
