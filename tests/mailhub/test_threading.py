from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from app.mailhub.news import compare, pack, unpack
from app.mailhub.policies.threading import (
    Graph,
    is_reply_subject,
    may_join_by_subject,
    merges_of_rows,
    subject_key,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "key"),
    [
        ("Re: Fwd: AW:  Hello  World ", "hello world"),
        ("Re[2]: Hello", "hello"),
        ("RE : Hello", "hello"),
        ("回复：你好吗朋友", "你好吗朋友"),
        ("Report: the numbers", "report: the numbers"),
        ("", ""),
    ],
)
def test_subject_keys(subject: str, key: str) -> None:
    assert subject_key(subject) == key


def test_only_a_reply_without_references_joins_by_subject() -> None:
    assert may_join_by_subject("Re: Hello there", [])
    assert not may_join_by_subject("Re: Hello there", ["a@b"])
    assert not may_join_by_subject("Hello there", [])
    assert not may_join_by_subject("Re: hi", [])
    assert is_reply_subject("SV: Hej")


def test_replies_follow_their_ancestors_in_any_order() -> None:
    graph = Graph({})
    late = graph.place("c", ["a", "b"])
    early = graph.place("a", [])
    assert graph.root(late) == graph.root(early)


def test_a_mail_that_names_two_threads_unites_them_into_the_older() -> None:
    graph = Graph({"a": {7}, "b": {3}})
    assert graph.place("c", ["a", "b"]) == 3
    assert merges_of_rows(graph.merged) == {7: 3}


def test_existing_rows_win_over_threads_still_to_be_made() -> None:
    graph = Graph({"a": {7}})
    fresh = graph.place("b", ["ghost"])
    assert fresh < 0
    graph.place("c", ["ghost", "a"])
    assert graph.root(fresh) == 7


def test_a_forged_list_of_references_merges_nothing() -> None:
    graph = Graph({f"id{n}": {n} for n in range(1, 30)})
    thread = graph.place("evil", [f"id{n}" for n in range(1, 30)])
    assert thread == 29, "the nearest relative decides alone"
    assert graph.merged == {}


def rows(*ids: int, changed: int = 0) -> list[SimpleNamespace]:
    """List rows of these threads; `changed` is the one that another transaction has touched."""
    thread, other = (SimpleNamespace(updated_at=NOW - timedelta(seconds=n)) for n in (5, 1))
    return [SimpleNamespace(thread_id=i, Thread=other if i == changed else thread) for i in ids]


def drawn(*ids: int) -> dict[int, str]:
    """What the browser says of the rows it shows."""
    return unpack(pack(rows(*ids)))


@pytest.mark.parametrize(
    ("now", "shown", "inserts", "removals"),
    [
        ([3, 2, 1], [3, 2, 1], [], []),
        ([4, 3, 2], [3, 2, 1], [(4, 3)], []),
        ([1, 3, 2], [3, 2, 1], [(1, 3)], [1]),
        ([5, 4, 1], [1], [(4, 1), (5, 4)], []),
        ([2, 1], [], [(1, None), (2, 1)], []),
    ],
)
def test_list_news(now: list[int], shown: list[int], inserts: list, removals: list) -> None:
    found = compare(rows(*now), drawn(*shown), gone=set())
    assert [(row.thread_id, below) for row, below in found.inserts] == inserts
    assert found.removals == removals


def test_what_changed_in_place_is_redrawn_in_place() -> None:
    """Also when the change is older than the drawing: it was committed after it."""
    found = compare(rows(2, 1, changed=1), drawn(2, 1), gone={9})
    assert [row.thread_id for row in found.redraws] == [1]
    assert found.removals == [9]


def test_ids_travel_in_an_address() -> None:
    assert list(drawn(3, 2, 1)) == [3, 2, 1]
    assert list(unpack("1.x.-2.9999999999999999999999.4-ff")) == [1, 4]
