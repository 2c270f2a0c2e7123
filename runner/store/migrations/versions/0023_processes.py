"""Who runs now.

Revision 0023.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, String, Text

from runner.store.columns import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "processes",
        Column("id", String(255), nullable=False),
        Column("host", Text(), nullable=False),
        Column("pid", Integer(), nullable=False),
        Column("parts", Text(), nullable=False),
        Column("version", String(64), nullable=False),
        Column("revision", String(32), nullable=False),
        Column("since", UtcDateTime(), nullable=False),
        Column("seen_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("id", name=op.f("pk_processes")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("processes")
