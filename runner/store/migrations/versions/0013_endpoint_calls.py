"""How often each endpoint was called, with what outcome and how fast.

Revision 0013.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Float, PrimaryKeyConstraint, String, Text

from runner.store.columns import Number

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "endpoint_calls",
        Column("connector", Text(), nullable=False),
        Column("endpoint", Text(), nullable=False),
        Column("status", String(8), nullable=False),
        Column("within", String(8), nullable=False),
        Column("calls", Number, nullable=False),
        Column("seconds", Float(), nullable=False),
        Column("bytes", Number, nullable=False),
        PrimaryKeyConstraint("connector", "endpoint", "status", "within", name=op.f("pk_endpoint_calls")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("endpoint_calls")
