"""Whether the caller knows of a refusal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("operations", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop the column, and with it what staff has done about refusals."""
    with op.batch_alter_table("operations") as table:
        table.drop_column("told_at")
