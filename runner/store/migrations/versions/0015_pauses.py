"""Schedules can stand still.

Revision 0015.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, String, Text

from runner.store.columns import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "pauses",
        Column("integration_id", String(64), nullable=False),
        Column("sync", Text(), nullable=False),
        Column("since", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("integration_id", "sync", name=op.f("pk_pauses")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("pauses")
