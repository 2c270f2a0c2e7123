"""What we wrote last to each side of a link is known apart from what it has.

Revision 0022.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column

from runner.store.columns import Json

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("commons", Column("wrote", Json(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("commons", "wrote")
