"""Which process began an act, so that one of a process that is known to be dead is not waited for.

Revision 0025.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("acts", Column("process", String(255)))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("acts", "process")
