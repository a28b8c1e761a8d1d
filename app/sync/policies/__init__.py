"""Rules of sync: values in, decision out."""

from datetime import datetime, timedelta

# How far back a first sync reads.
DEPTH = timedelta(days=90)
# How long a worker may hold a folder without a sign of life; above any socket timeout.
LEASE = timedelta(minutes=5)
# A mail gone from a folder may only have moved: it counts as gone after this.
SETTLE = timedelta(minutes=2)
# Clocks of servers differ from ours.
CLOCK_SLACK = timedelta(minutes=2)
# An address match is believed for this long after we wrote.
ADDRESS_WINDOW = timedelta(days=90)
REPORT_WINDOW = timedelta(days=14)
BATCH_MAILS = 50
BATCH_BYTES = 8 * 1024 * 1024
# A job gives the account up for others after this; the rest waits for its next ring.
JOB_SECONDS = 45.0
SYNCED_ROLES = ("inbox", "sent")
READABLE_STATUSES = ("connected", "paused", "disconnected")


def may_fire(
    *,
    at: datetime,
    connected_at: datetime,
    was_reset: bool,
    last_synced_at: datetime | None,
) -> bool:
    """Whether a mail not seen before may move campaigns.

    Mail from before the account was connected never does. After a lost cursor only mail that came
    after the last good sync does: anything older would have been seen then.
    """
    if at < connected_at - CLOCK_SLACK:
        return False
    if was_reset and last_synced_at is not None:
        return at >= last_synced_at - CLOCK_SLACK
    return True


def retry_delay(failures: int) -> timedelta:
    """How long to leave a folder alone after that many failures in a row."""
    return timedelta(seconds=min(15 * 2 ** min(failures, 8), 900))
