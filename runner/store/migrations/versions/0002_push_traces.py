"""What a push was made from, and creations whose outcome is not known.

Revision 0002.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, String, Text

from runner.store.columns import Json, Number, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "push_includes",
        Column("push_id", Number, nullable=False),
        Column("kind", Text(), nullable=False),
        Column("external_id", Text(), nullable=False),
        Column("integration_id", String(64), nullable=False),
        PrimaryKeyConstraint("push_id", "kind", "external_id", name=op.f("pk_push_includes")),
    )
    op.create_index("ix_push_includes_record", "push_includes", ["integration_id", "kind", "external_id"])
    op.create_table(
        "push_doubts",
        Column("push_id", Number, nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("input", Json(), nullable=False),
        Column("at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("push_id", name=op.f("pk_push_doubts")),
    )


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("push_doubts")
    op.drop_table("push_includes")
