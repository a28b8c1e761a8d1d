"""One request or step is one transaction; what waits for the commit is rung only after it."""

import pytest
import sqlalchemy as sa
from flask import abort

from app.core.db import db
from app.core.errors import Conflict
from app.core.jobs import enqueue, job
from app.core.permissions import public
from app.core.transactions import after_commit, own_unit, unit_of_work
from app.models import User
from tests.factories import make_user


def names() -> list[str]:
    return list(db.session.scalars(sa.select(User.name).order_by(User.id)))


@job("test.noted")
def noted(number: int = 0) -> None:
    """A job for these tests."""


def test_a_unit_commits_and_then_rings(app, rings):
    with unit_of_work():
        make_user(name="Ada")
        enqueue("test.noted", number=1)
        assert rings == []
    assert [ring.kwargs for ring in rings] == [{"number": 1}]
    assert names() == ["Ada"]


def test_a_failed_unit_leaves_nothing_and_does_not_ring(app, rings):
    with pytest.raises(ZeroDivisionError), unit_of_work():
        make_user(name="Ada")
        enqueue("test.noted")
        raise ZeroDivisionError
    assert rings == []
    assert names() == []


def test_outside_of_a_unit_the_bell_rings_at_once(app, rings):
    enqueue("test.noted", number=2)
    assert len(rings) == 1


def test_a_wrong_name_fails_where_it_is_written(app):
    with pytest.raises(KeyError):
        enqueue("test.unknown")


def test_a_callback_that_fails_does_not_undo_committed_work(app):
    with unit_of_work():
        make_user(name="Ada")
        after_commit(lambda: 1 / 0)
    assert names() == ["Ada"]


@pytest.fixture
def views(app):
    """Views that write and then end in different ways."""
    if "test_write" not in app.view_functions:
        app._got_first_request = False  # the app is shared and has answered before

        @app.post("/test/write/<how>", endpoint="test_write")
        @public
        def write(how):
            make_user(name=how)
            enqueue("test.noted")
            if how == "refused":
                raise Conflict
            if how == "missing":
                abort(404)
            if how == "broken":
                raise RuntimeError("boom")
            return ("no", 422) if how == "invalid" else "yes"

    app.config["WTF_CSRF_ENABLED"], app.config["PROPAGATE_EXCEPTIONS"] = False, False
    yield app
    app.config["WTF_CSRF_ENABLED"], app.config["PROPAGATE_EXCEPTIONS"] = True, None


@pytest.mark.parametrize(
    ("how", "status"), [("refused", 409), ("missing", 404), ("broken", 500), ("invalid", 422)]
)
def test_a_refused_request_leaves_nothing(views, client, rings, how, status):
    assert client.post(f"/test/write/{how}").status_code == status
    assert names() == []
    assert rings == []


def test_a_request_that_succeeds_commits_once(views, client, rings):
    assert client.post("/test/write/fine").status_code == 200
    assert names() == ["fine"]
    assert len(rings) == 1


@pytest.mark.committed
def test_an_own_unit_stays_although_the_request_rolls_back(app):
    with pytest.raises(Conflict), unit_of_work():
        make_user(name="lost")
        with own_unit() as session:
            session.add(User(email="kept@example.test", name="kept", password_hash="x"))
        raise Conflict
    assert names() == ["kept"]
