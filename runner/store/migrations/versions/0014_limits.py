"""What partners' limits have counted is shared by all processes.

Revision 0014.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, Text

from runner.store.columns import Json, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "limits",
        Column("key", Text, nullable=False),
        Column("state", Json, nullable=False),
        Column("touched_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("key", name=op.f("pk_limits")),
    )
    op.create_index("ix_limits_touched_at", "limits", ["touched_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("limits")
