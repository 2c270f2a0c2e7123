"""Webhooks that are asked for: their subscriptions, with sealed secrets.

Revision 0007.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, LargeBinary, PrimaryKeyConstraint, String, Text

from runner.store.columns import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "subscriptions",
        Column("key", String(64), nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("connector", Text(), nullable=False),
        Column("state", String(16), nullable=False),
        Column("external_id", Text()),
        Column("key_id", String(32), nullable=False),
        Column("sealed", LargeBinary(), nullable=False),
        Column("made_at", UtcDateTime(), nullable=False),
        Column("expires_at", UtcDateTime()),
        Column("due_at", UtcDateTime()),
        Column("attempts", Integer(), nullable=False),
        Column("note", Text()),
        PrimaryKeyConstraint("key", name=op.f("pk_subscriptions")),
    )
    op.create_index("ix_subscriptions_integration_id", "subscriptions", ["integration_id"])
    op.create_index("ix_subscriptions_external_id", "subscriptions", ["connector", "external_id"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("subscriptions")
