"""Checkpoints say when the last complete walk began.

Revision 0010.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column

from runner.store.columns import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is not known is null."""
    op.add_column("checkpoints", Column("saved_at", UtcDateTime()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("checkpoints", "saved_at")
