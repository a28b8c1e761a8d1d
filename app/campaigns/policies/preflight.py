"""The checks before a launch: each line green, amber or red, with where to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Level = Literal["ok", "warn", "stop"]
Tab = Literal["sequence", "leads", "settings", "schedule", "profile"]


@dataclass(frozen=True, slots=True)
class StepFacts:
    """A step as the checks see it: what it lacks, and the variables some leads lack for it."""

    position: int
    lacks: str = ""
    missing: tuple[str, ...] = ()
    leads_missing: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the checks look at."""

    steps: Sequence[StepFacts]
    leads: int
    leads_checked: int
    accounts: int
    accounts_able: int
    has_real_accounts: bool
    user_is_verified: bool
    next_opening: datetime | None
    opening_words: str
    daily_capacity: int


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list."""

    level: Level
    text: str
    tab: Tab | None = None


def checks(facts: Facts) -> list[Check]:
    """All lines, in the order of the tabs."""
    return [
        *_step_checks(facts),
        _lead_check(facts),
        _account_check(facts),
        _schedule_check(facts),
        *_person_checks(facts),
    ]


def may_launch(lines: Sequence[Check]) -> bool:
    """Amber lines are advice; a red one stops the launch."""
    return all(line.level != "stop" for line in lines)


def _step_checks(facts: Facts) -> list[Check]:
    """Steps: there, with texts, and every variable with a value or a fallback."""
    if not facts.steps:
        return [Check("stop", "The sequence has no steps yet.", "sequence")]
    found = [line for step in facts.steps for line in _one_step(step, facts.leads_checked)]
    if found:
        return found
    many = len(facts.steps)
    return [Check("ok", f"{many} {'step has its' if many == 1 else 'steps have their'} text.")]


def _one_step(step: StepFacts, checked: int) -> list[Check]:
    """What is wrong with one step."""
    name = f"Step {step.position}"
    if step.lacks:
        return [Check("stop", f"{name} {step.lacks}.", "sequence")]
    if not step.missing:
        return []
    names = ", ".join(step.missing)
    who = f"{step.leads_missing} of the {checked} leads looked at have no value"
    return [Check("warn", f"{name}: {who} for {names}. They will wait under To check.", "sequence")]


def _lead_check(facts: Facts) -> Check:
    """Somebody to write to."""
    if facts.leads == 0:
        return Check("stop", "There are no leads to write to.", "leads")
    return Check("ok", f"{facts.leads:,} {'lead' if facts.leads == 1 else 'leads'} to write to.")


def _account_check(facts: Facts) -> Check:
    """Somebody to write as."""
    if facts.accounts == 0:
        return Check("stop", "No sender account is chosen.", "settings")
    if facts.accounts_able == 0:
        return Check("stop", "None of the sender accounts is connected.", "settings")
    able = facts.accounts_able
    words = f"{able} sender {'account' if able == 1 else 'accounts'} connected"
    if able < facts.accounts:
        rest = facts.accounts - able
        return Check("warn", f"{words}, {rest} not. Those will not send.", "settings")
    mails = f"{facts.daily_capacity:,} {'mail' if facts.daily_capacity == 1 else 'mails'}"
    return Check("ok", f"{words}, up to {mails} a day together.")


def _schedule_check(facts: Facts) -> Check:
    """A window that opens at some time."""
    if facts.next_opening is None:
        return Check("stop", "The schedule is never open again.", "schedule")
    return Check("ok", f"First mails can leave {facts.opening_words}.")


def _person_checks(facts: Facts) -> list[Check]:
    """Real accounts may be used by people whose address is confirmed."""
    if facts.user_is_verified or not facts.has_real_accounts:
        return []
    sentence = "Confirm your own email address first; the link is in your inbox."
    return [Check("stop", sentence, "profile")]
