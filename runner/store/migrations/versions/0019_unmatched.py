"""Who has no twin at a destination is told once.

Revision 0019.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, String, Text

from runner.store.columns import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "unmatched",
        Column("integration_id", String(64), nullable=False),
        Column("destination", String(64), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("external_id", Text(), nullable=False),
        Column("there", Text(), nullable=False),
        Column("note", Text(), nullable=False),
        Column("first_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("integration_id", "destination", "kind", "external_id", name=op.f("pk_unmatched")),
    )
    op.create_index("ix_unmatched_destination", "unmatched", ["destination"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_unmatched_destination", table_name="unmatched")
    op.drop_table("unmatched")
