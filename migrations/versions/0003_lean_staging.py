"""Staging rows in columns of their own, unlogged and unchecked; leads without a key to their import."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXTS = ("first_name", "last_name", "company", "title", "phone", "website", "time_zone")
KEYS = (
    ("fk_import_row_import_id_lead_import", "import_row", "lead_import", "import_id", "CASCADE"),
    ("fk_import_row_workspace_id_workspace", "import_row", "workspace", "workspace_id", "CASCADE"),
    ("fk_lead_import_id_lead_import", "lead", "lead_import", "import_id", "SET NULL"),
)


def upgrade() -> None:
    """Make the change. Lists that are checked but not imported have to be checked again."""
    _start_checks_anew()
    for name, table, *_ in KEYS:
        op.drop_constraint(name, table, type_="foreignkey")
    op.drop_column("import_row", "fields")
    for text in TEXTS:
        op.add_column("import_row", sa.Column(text, sa.Text(), server_default="", nullable=False))
    op.add_column("import_row", _json("custom"))
    op.execute("ALTER TABLE import_row SET UNLOGGED")


def downgrade() -> None:
    """Take it back."""
    _start_checks_anew()
    op.execute("ALTER TABLE import_row SET LOGGED")
    for text in (*TEXTS, "custom"):
        op.drop_column("import_row", text)
    op.add_column("import_row", _json("fields"))
    for name, table, other, column, act in KEYS:
        op.create_foreign_key(name, table, other, [column], ["id"], ondelete=act)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(
        name, postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
    )


def _start_checks_anew() -> None:
    """Empty staging: its rows are copies of files, and what they hold is kept differently."""
    op.execute("TRUNCATE import_row")
    op.execute("UPDATE lead_import SET rows_done = 0 WHERE state = 'checking'")
    op.execute("UPDATE lead_import SET state = 'uploaded' WHERE state IN ('checked', 'committing')")
