"""Write when a mail was claimed into its row, and one event less per mail."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FOREIGN_KEY = "fk_send_event_workspace_id_workspace"


def upgrade() -> None:
    """Make the change."""
    op.add_column("outbox", sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(FOREIGN_KEY, "send_event", type_="foreignkey")


def downgrade() -> None:
    """Take it back."""
    op.create_foreign_key(
        FOREIGN_KEY, "send_event", "workspace", ["workspace_id"], ["id"], ondelete="CASCADE"
    )
    op.drop_column("outbox", "claimed_at")
