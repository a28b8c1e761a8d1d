"""The wall below the verbs: every shape of statement, and every way to write elsewhere."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.core.db import db
from app.core.tenancy import NoWorkspace, WrongWorkspace, unscoped, workspace_context
from app.models import AccountDay, Lead, Suppression, Thread, ThreadBox, Workspace
from tests.factories import make_lead

Other = aliased(Lead)


@pytest.fixture
def two_workspaces(cast):
    """Two leads in Acme, three in Other; returns both ids."""
    acme, other = cast.acme.id, cast.other.id
    for workspace_id, count in ((acme, 2), (other, 3)):
        with workspace_context(workspace_id):
            for number in range(count):
                make_lead(f"l{number}@w{workspace_id}.test")
            db.session.commit()
    return acme, other


def shapes():
    """Statements that count or list leads, by name, with what Acme must see."""
    ids, cte = sa.select(Lead.id).subquery(), sa.select(Lead.id, Lead.email).cte()
    lateral = sa.select(Other.id).where(Other.id >= Lead.id).lateral()
    both = sa.union_all(sa.select(Lead.id), sa.select(Other.id))
    return {
        "entity": (sa.select(Lead), 2),
        "column": (sa.select(Lead.email), 2),
        "alias": (sa.select(Other.id), 2),
        "count": (sa.select(sa.func.count(Lead.id)), [2]),
        "count from": (sa.select(sa.func.count()).select_from(Lead), [2]),
        "subquery": (sa.select(sa.func.count()).select_from(ids), [2]),
        "cte": (sa.select(sa.func.count()).select_from(cte), [2]),
        "union": (sa.select(sa.func.count()).select_from(both.subquery()), [4]),
        "bare union": (both, 4),
        "lateral": (sa.select(sa.func.count()).select_from(Lead).join(lateral, sa.true()), [3]),
        "scalar": (sa.select(sa.select(sa.func.count(Lead.id)).scalar_subquery()), [2]),
        "in": (sa.select(Workspace.id).where(Workspace.id.in_(sa.select(Lead.workspace_id))), 1),
        "exists": (
            sa.select(Workspace.id).where(sa.exists().where(Lead.workspace_id == Workspace.id)),
            1,
        ),
        "exists literal": (
            sa.select(sa.literal(1)).where(sa.select(Lead.id).offset(2).exists()),
            0,
        ),
    }


@pytest.mark.parametrize("name", list(shapes()))
def test_reads_see_one_workspace(two_workspaces, name):
    statement, expected = shapes()[name]
    with workspace_context(two_workspaces[0]):
        rows = db.session.execute(statement).all()
    if isinstance(expected, list):
        assert [row[0] for row in rows] == expected
    else:
        assert len(rows) == expected


@pytest.mark.parametrize("name", list(shapes()))
def test_reads_without_a_workspace_are_refused(two_workspaces, name):
    with pytest.raises(NoWorkspace):
        db.session.execute(shapes()[name][0])


@pytest.mark.parametrize(
    "statement",
    [sa.select(Lead.__table__.c.email), sa.select(sa.func.count()).select_from(Lead.__table__)],
)
def test_bare_tables_are_refused(two_workspaces, statement):
    with workspace_context(two_workspaces[0]), pytest.raises(NoWorkspace):
        db.session.execute(statement)


def test_get_by_id_does_not_cross(two_workspaces):
    with workspace_context(two_workspaces[1]):
        foreign = db.session.scalars(sa.select(Lead.id)).first()
    with workspace_context(two_workspaces[0]):
        assert db.session.get(Lead, foreign) is None


def test_writes_touch_one_workspace(two_workspaces):
    acme, other = two_workspaces
    with workspace_context(acme):
        changed = db.session.execute(sa.update(Lead).values(company="Changed"))
        assert changed.rowcount == 2
        by_subquery = sa.update(Lead).where(Lead.id.in_(sa.select(Other.id))).values(title="T")
        assert db.session.execute(by_subquery).rowcount == 2
        assert db.session.execute(sa.delete(Lead)).rowcount == 2
        db.session.commit()
    with workspace_context(other):
        left = db.session.scalars(sa.select(Lead)).all()
        assert [(lead.company, lead.title) for lead in left] == [("Example Ltd", "")] * 3


def test_insert_from_select_copies_one_workspace(two_workspaces):
    columns = ["workspace_id", "kind", "value", "reason", "source", "created_at"]
    source = sa.select(
        *(Lead.workspace_id, sa.literal("email"), Lead.email, sa.literal("manual")),
        *(sa.literal(""), sa.func.now()),
    )
    with workspace_context(two_workspaces[0]):
        db.session.execute(sa.insert(Suppression).from_select(columns, source))
        assert db.session.scalar(sa.select(sa.func.count(Suppression.id))) == 2


def test_relationships_and_joins_stay_inside(two_workspaces):
    joined = sa.select(Lead.id).join(Other, sa.true())
    with workspace_context(two_workspaces[0]):
        assert len(db.session.execute(joined).all()) == 4


def test_new_rows_are_stamped(two_workspaces):
    with workspace_context(two_workspaces[0]):
        assert make_lead().workspace_id == two_workspaces[0]


def test_a_row_for_another_workspace_is_refused(two_workspaces):
    acme, other = two_workspaces
    with workspace_context(acme), pytest.raises(WrongWorkspace):
        make_lead(workspace_id=other)


def test_a_row_of_another_workspace_cannot_be_changed(two_workspaces):
    acme, other = two_workspaces
    with unscoped("the test fetches a foreign row"):
        foreign = db.session.scalars(sa.select(Lead).where(Lead.workspace_id == other)).first()
    with workspace_context(acme):
        foreign.company = "Stolen"
        db.session.add(foreign)
        with pytest.raises(WrongWorkspace):
            db.session.flush()


def test_unscoped_says_so_and_sees_all(two_workspaces):
    with unscoped("the test counts everything"):
        assert db.session.scalar(sa.select(sa.func.count(Lead.id))) == 5


def test_workspaces_do_not_share_an_identity_map(two_workspaces):
    acme, other = two_workspaces
    with workspace_context(acme):
        mine = db.session.scalars(sa.select(Lead)).first()
        with workspace_context(other):
            assert mine not in db.session
        assert mine not in db.session


def test_upserted_tables_have_the_workspace_in_their_key():
    for model in (AccountDay, ThreadBox):
        assert "workspace_id" in {column.name for column in model.__table__.primary_key}
    unique = {
        tuple(column.name for column in constraint.columns)
        for constraint in Lead.__table__.constraints
        if isinstance(constraint, sa.UniqueConstraint)
    }
    assert ("workspace_id", "email") in unique
    assert Thread.__table__.c.workspace_id.nullable is False
