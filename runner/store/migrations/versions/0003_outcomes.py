"""How much work was done and how much failed, for the metrics.

Revision 0003.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, String, Text

from runner.store.columns import Number

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "outcomes",
        Column("connector", Text(), nullable=False),
        Column("work", String(16), nullable=False),
        Column("outcome", String(16), nullable=False),
        Column("count", Number, nullable=False),
        PrimaryKeyConstraint("connector", "work", "outcome", name=op.f("pk_outcomes")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("outcomes")
