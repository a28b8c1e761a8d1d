"""Behaviours: every run of ten strangers is lively, and nobody acts like a robot."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sandbox.world.behaviours import (
    EARLIEST_CLICK,
    EARLIEST_OPEN,
    EARLIEST_REPLY,
    Act,
    Kind,
    habit_of,
    reactions,
    reply_ordinal,
    tag_of,
    thanks,
)

NUMBERS = st.integers(min_value=0, max_value=100_000)


def first_reactions(number: int, seed: int) -> dict[Act, float]:
    habit = habit_of(f"person{number}@somewhere.sandbox.test", number)
    steps = reactions(habit, 1, Random(f"{seed}|{number}"))
    return {step.act: step.after for step in steps}


@given(NUMBERS, st.integers())
def test_any_ten_strangers_in_a_row_bring_an_answer_and_several_opens(
    start: int, seed: int
) -> None:
    ten = [first_reactions(number, seed) for number in range(start, start + 10)]
    assert any(acts.get(Act.REPLY, 999) <= 100 for acts in ten)
    assert sum(acts.get(Act.OPEN, 999) <= 40 for acts in ten) >= 4


@given(NUMBERS, st.integers(), st.sampled_from([(2, 10), (3, 20)]))
def test_follow_ups_are_answered_too(start: int, seed: int, case: tuple[int, int]) -> None:
    """Also where everybody left over gets a second or third mail, as on the next morning."""
    nth, row = case
    answers = [
        step.after
        for number in range(start, start + row)
        for step in reactions(habit_of("x@sandbox.test", number), nth, Random(f"{seed}|{number}"))
        if step.act is Act.REPLY and habit_of("x@sandbox.test", number).from_mail == nth
    ]
    assert answers
    assert min(answers) <= 100


@given(NUMBERS)
def test_at_most_one_bounce_in_any_sixty(start: int) -> None:
    kinds = [habit_of("x@sandbox.test", number).kind for number in range(start, start + 60)]
    assert sum(kind in (Kind.BOUNCE, Kind.DSN) for kind in kinds) == 1


@given(st.sampled_from(Kind), st.booleans(), st.integers(1, 5), st.integers(), st.booleans())
def test_nobody_is_as_fast_as_a_robot(
    kind: Kind, fast: bool, nth: int, seed: int, answered: bool
) -> None:
    habit = habit_of(f"anna+{kind}@sandbox.test", 0) if fast else habit_of("a@b", seed % 1000)
    acts = {step.act: step.after for step in reactions(habit, nth, Random(seed), answered=answered)}
    assert acts.get(Act.OPEN, EARLIEST_OPEN) >= EARLIEST_OPEN
    assert acts.get(Act.REPLY, EARLIEST_REPLY) >= EARLIEST_REPLY
    if Act.CLICK in acts:
        assert acts[Act.CLICK] >= acts[Act.OPEN] + EARLIEST_CLICK


@pytest.mark.parametrize("kind", list(Kind))
def test_a_tag_asks_for_a_behaviour(kind: Kind) -> None:
    assert tag_of(f"anna+{kind}@x.sandbox.test") is kind
    assert habit_of(f"anna+{kind}@x.sandbox.test", 3).kind is kind


def test_other_tags_mean_nothing() -> None:
    assert tag_of("anna+news@x.sandbox.test") is None
    assert tag_of("reply@x.sandbox.test") is None


@pytest.mark.parametrize(
    ("tag", "acts"),
    [
        ("open", {Act.OPEN}),
        ("click", {Act.OPEN, Act.CLICK}),
        ("ooo", {Act.AWAY}),
        ("dsn", {Act.DSN}),
        ("unsub", {Act.OPEN, Act.UNSUBSCRIBE}),
        ("spam", {Act.OPEN, Act.SPAM}),
        ("silent", set()),
        ("bounce", set()),
    ],
)
def test_what_a_tag_leads_to(tag: str, acts: set[Act]) -> None:
    for seed in range(50):
        steps = reactions(habit_of(f"a+{tag}@sandbox.test", 0), 1, Random(seed))
        assert {step.act for step in steps} == acts


def test_the_same_thread_is_answered_once() -> None:
    habit = habit_of("a+reply@sandbox.test", 0)
    assert all(
        step.act is Act.OPEN
        for seed in range(50)
        for step in reactions(habit, 2, Random(seed), answered=True)
    )


def test_a_personal_answer_is_thanked_for_at_human_speed() -> None:
    steps = {step.act: step.after for step in thanks(Random(1))}
    assert steps[Act.THANK] >= EARLIEST_REPLY


def test_neighbouring_answers_differ() -> None:
    ordinals = [reply_ordinal(number) for number in range(300) if number % 10 in (0, 3, 5)]
    assert sorted(ordinals) == list(range(90))
