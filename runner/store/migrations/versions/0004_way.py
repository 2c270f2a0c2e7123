"""Which of several ways in a company picked.

Revision 0004.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nobody had a choice before."""
    op.add_column("integrations", Column("way", Text()))


def downgrade() -> None:
    """Take the column away."""
    op.drop_column("integrations", "way")
