"""Connect links that are taken up by one browser each.

Revision 0005.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, String, Text

from runner.store.columns import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and let consents name the session that began them."""
    op.create_table(
        "connect_sessions",
        Column("id", String(64), nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("browser", String(64), nullable=False),
        Column("redirect_to", Text(), nullable=True),
        Column("expires_at", UtcDateTime(), nullable=False),
        Column("ended_at", UtcDateTime(), nullable=True),
        PrimaryKeyConstraint("id", name=op.f("pk_connect_sessions")),
    )
    op.add_column("oauth_states", Column("session_id", String(64), nullable=True))


def downgrade() -> None:
    """Drop both."""
    with op.batch_alter_table("oauth_states") as table:
        table.drop_column("session_id")
    op.drop_table("connect_sessions")
