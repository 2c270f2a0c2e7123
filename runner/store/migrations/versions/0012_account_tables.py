"""Small tables of partners' accounts.

Revision 0012.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, String, Text

from runner.store.columns import Json, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "account_tables",
        Column("integration_id", String(64), nullable=False),
        Column("name", Text(), nullable=False),
        Column("entries", Json(), nullable=False),
        Column("fetched_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("integration_id", "name", name=op.f("pk_account_tables")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("account_tables")
