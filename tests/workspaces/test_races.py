"""Two at once: real connections, real commits."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from app.auth import services as identity
from app.core.db import db
from app.core.transactions import unit_of_work
from app.models import LoginAttempt, Membership, User, Workspace
from app.workspaces import queries, services
from tests.factories import make_user

pytestmark = pytest.mark.committed


def at_once(app, *acts):
    """Run every act in a unit of its own, all starting together; results or errors."""
    barrier = Barrier(len(acts))

    def run(act):
        with app.app_context():
            barrier.wait()
            try:
                with unit_of_work():
                    return act()
            except Exception as error:  # what went wrong is the result
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def kinds(results):
    """The classes of what came back, sorted by name."""
    return sorted(type(result).__name__ for result in results)


def test_two_owners_cannot_both_leave(app, cast):
    services.change_role(cast.acme.id, cast.bob.id, "owner", by=cast.alice.id)
    acme, alice, bob = cast.acme.id, cast.alice.id, cast.bob.id
    db.session.commit()
    results = at_once(
        app,
        lambda: services.leave_workspace(acme, alice),
        lambda: services.leave_workspace(acme, bob),
    )
    assert kinds(results) == ["Conflict", "NoneType"]
    assert queries.count_owners(acme) == 1


def test_one_link_lets_in_once(app, cast, mails):
    services.invite_member(cast.acme.id, "new@example.test", "member", by=cast.alice.id)
    user_id = make_user("new@example.test").id
    db.session.commit()
    token = re.search(r"/invitations/([\w-]+)", mails[0].body_text)[1]

    def accept():
        return services.accept_invitation(token, db.session.get(User, user_id))

    results = at_once(app, accept, accept, accept)
    assert kinds(results) == ["Access", "TokenInvalid", "TokenInvalid"]
    count = sa.select(sa.func.count(Membership.id)).where(Membership.user_id == user_id)
    assert db.session.scalar(count) == 1


def test_one_reset_link_changes_one_password(app, mails):
    make_user("a@example.test")
    db.session.commit()
    identity.request_reset("a@example.test", "192.0.2.1")
    db.session.commit()
    token = re.search(r"/forgot-password/([\w-]+)", mails[0].body_text)[1]
    results = at_once(
        app, *[lambda n=n: identity.reset_password(token, f"tangled otter {n}") for n in range(3)]
    )
    assert kinds(results) == ["TokenInvalid", "TokenInvalid", "User"]


def test_twelve_guesses_at_once_are_five(app):
    make_user("a@example.test")
    db.session.commit()

    def guess(number):
        return lambda: identity.authenticate("a@example.test", "wrong", f"192.0.2.{number}")

    results = at_once(app, *[guess(number) for number in range(12)])
    assert kinds(results).count("InvalidCredentials") == 5
    assert kinds(results).count("TooMany") == 7
    assert db.session.scalar(sa.select(sa.func.count(LoginAttempt.id))) == 5


def test_one_address_signs_up_once(app):
    def sign_up():
        return identity.sign_up("a@example.test", "tangled otter harbour")

    results = at_once(app, sign_up, sign_up, sign_up)
    assert kinds(results) == ["Invalid", "Invalid", "User"]


def test_only_one_first_person(app):
    results = at_once(
        app,
        *[
            lambda n=n: identity.sign_up(f"u{n}@example.test", "tangled otter harbour")
            for n in range(4)
        ],
    )
    assert kinds(results) == ["User"] * 4
    admins = sa.select(sa.func.count(User.id)).where(User.is_installation_admin)
    assert db.session.scalar(admins) == 1


def test_same_name_at_once_different_slugs(app):
    user_id = make_user().id
    db.session.commit()

    def create():
        return services.create_workspace(db.session.get(User, user_id), "Acme").slug

    results = at_once(app, create, create, create)
    assert sorted(results) == ["acme", "acme-2", "acme-3"]
    assert len(db.session.scalars(sa.select(Workspace.slug)).all()) == 3


def test_refreshing_twice_at_once_ends_the_family(app):
    tokens = identity.issue_tokens(make_user())
    db.session.commit()

    def refresh():
        return identity.refresh_tokens(tokens.refresh_token)

    results = at_once(app, refresh, refresh)
    assert kinds(results) == ["IssuedTokens", "RefreshInvalid"]
