"""Requests that were turned away, kept for an hour; and the events of a delivery, found by it.

Revision 0008.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, LargeBinary, PrimaryKeyConstraint, String, Text

from runner.store.columns import Json, Number, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the indexes."""
    op.create_table(
        "rejected",
        Column("id", Number, nullable=False),
        Column("connector", Text(), nullable=False),
        Column("reason", Text(), nullable=False),
        Column("integration_id", String(64)),
        Column("method", String(16), nullable=False),
        Column("url", Text(), nullable=False),
        Column("headers", Json(), nullable=False),
        Column("body", LargeBinary(), nullable=False),
        Column("size", Integer(), nullable=False),
        Column("received_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("id", name=op.f("pk_rejected")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rejected_received_at", "rejected", ["received_at"])
    op.create_index("ix_events_delivery_id", "events", ["delivery_id"])


def downgrade() -> None:
    """Drop what was made."""
    op.drop_index("ix_events_delivery_id", "events")
    op.drop_table("rejected")
