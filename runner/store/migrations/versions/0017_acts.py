"""Actions that are asked for by hand are done once by their key.

Revision 0017.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, String, Text

from runner.store.columns import Json, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "acts",
        Column("integration_id", String(64), nullable=False),
        Column("key", String(255), nullable=False),
        Column("action", Text(), nullable=False),
        Column("input", Json(), nullable=False),
        Column("fingerprint", String(64), nullable=False),
        Column("at", UtcDateTime(), nullable=False),
        Column("state", String(16), nullable=False),
        Column("result", Json(), nullable=True),
        Column("made_id", Text(), nullable=True),
        Column("note", Text(), nullable=True),
        Column("words", Text(), nullable=False),
        Column("status", Integer(), nullable=True),
        PrimaryKeyConstraint("integration_id", "key", name=op.f("pk_acts")),
    )
    op.create_index("ix_acts_made", "acts", ["integration_id", "action", "made_id"])
    op.create_index("ix_acts_at", "acts", ["at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("acts")
