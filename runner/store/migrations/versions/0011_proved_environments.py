"""Deliveries say for which environments they were proved.

Revision 0011.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; null is every environment, as it was taken before."""
    op.add_column("deliveries", Column("environments", Text))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("deliveries", "environments")
