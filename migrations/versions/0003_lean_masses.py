"""What comes in masses is checked by the statements that write it, not row by row."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXTS = ("first_name", "last_name", "company", "title", "phone", "website", "time_zone")
KEYS = (  # table, column, what it names, and what happened when that was deleted
    ("import_row", "import_id", "lead_import", "CASCADE"),
    ("import_row", "workspace_id", "workspace", "CASCADE"),
    ("lead", "import_id", "lead_import", "SET NULL"),
    ("tracking_hit", "workspace_id", "workspace", "CASCADE"),
)


def upgrade() -> None:
    """Make the change. Lists that are checked but not imported have to be checked again."""
    _start_checks_anew()
    for table, column, other, _ in KEYS:
        op.drop_constraint(f"fk_{table}_{column}_{other}", table, type_="foreignkey")
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
    op.execute(
        "UPDATE lead SET import_id = NULL WHERE import_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM lead_import WHERE lead_import.id = lead.import_id)"
    )
    for table, column, other, act in KEYS:
        name = f"fk_{table}_{column}_{other}"
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
