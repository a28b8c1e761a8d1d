"""How rates are formed: one denominator, leads contacted, and machines told apart."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rate:
    """One figure with the formula behind it."""

    label: str
    value: int
    whole: int
    note: str
    formula: str


def funnel(totals: Any) -> list[dict[str, Any]]:
    """From leads contacted to people who answered; each step counts leads, never mails."""
    return [
        {"label": "Contacted", "value": totals.contacted, "note": _of_leads(totals)},
        {"label": "Opened", "value": totals.opened, "note": _machines(totals.opened_machine)},
        {"label": "Clicked", "value": totals.clicked, "note": _machines(totals.clicked_machine)},
        {"label": "Replied", "value": totals.replied, "note": _automatic(totals.auto_replied)},
    ]


def _of_leads(totals: Any) -> str:
    """How many of all leads were written to."""
    return f"Of {totals.leads:,} leads in the campaign."


def _machines(count: int) -> str:
    """What scanners and prefetching did, said apart."""
    if not count:
        return ""
    return f"Machines did so for {count:,}; they are not counted here."


def _automatic(count: int) -> str:
    """Automatic replies, said apart."""
    if not count:
        return ""
    return f"Automatic replies came from {count:,}; they are not counted here."


def rates(totals: Any) -> list[Rate]:
    """The figures above the funnel."""
    contacted = totals.contacted
    return [
        Rate("Replied", totals.replied, contacted, "of leads contacted", _formula("answered")),
        Rate("Opened", totals.opened, contacted, "of leads contacted", _formula("opened a mail")),
        Rate(
            "Clicked", totals.clicked, contacted, "of leads contacted", _formula("followed a link")
        ),
        Rate("Bounced", totals.bounced, contacted, "of leads contacted", _formula("bounced")),
        Rate(
            "Unsubscribed",
            totals.unsubscribed,
            contacted,
            "of leads contacted",
            _formula("unsubscribed"),
        ),
    ]


def _formula(what: str) -> str:
    """The formula of a rate in words."""
    return f"Leads that {what} ÷ leads contacted. Each lead counts once."
