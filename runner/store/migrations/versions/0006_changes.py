"""Every move of an integration, since when it stands as it does, and when an unused refresh token is due.

Revision 0006.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, String, Text

from runner.store.columns import Json, Number, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and fill the columns: what is due for refresh is looked at once, and planned then."""
    op.add_column("integrations", Column("since", UtcDateTime()))
    op.execute("UPDATE integrations SET since = updated_at")
    op.add_column("credentials", Column("refresh_due_at", UtcDateTime()))
    op.execute("UPDATE credentials SET refresh_due_at = updated_at")
    op.create_index("ix_credentials_refresh_due_at", "credentials", ["refresh_due_at"])
    op.create_table(
        "changes",
        Column("id", Number, nullable=False),
        Column("about", String(64), nullable=False),
        Column("company", Text(), nullable=False),
        Column("connector", Text(), nullable=False),
        Column("environment", Text(), nullable=False),
        Column("event", String(32), nullable=False),
        Column("before", String(16)),
        Column("state", String(16)),
        Column("reason", Json()),
        Column("at", UtcDateTime(), nullable=False),
        Column("telling", String(8), nullable=False),
        Column("attempts", Integer(), nullable=False),
        Column("due_at", UtcDateTime()),
        Column("note", Text()),
        PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_changes_about", "changes", ["about", "id"])
    op.create_index("ix_changes_telling", "changes", ["telling", "due_at"])


def downgrade() -> None:
    """Drop what was made."""
    op.drop_table("changes")
    op.drop_index("ix_credentials_refresh_due_at", "credentials")
    op.drop_column("credentials", "refresh_due_at")
    op.drop_column("integrations", "since")
