"""Events that failed at every try are `dead`, those of unknown accounts `unrouted`.

Revision 0009.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WORDS = {"failed": "dead", "unroutable": "unrouted"}
INDEXED = ["connector", "account_id", "state"]
UNROUTED = text("state = 'unrouted'")


def upgrade() -> None:
    """Rename what is stored."""
    for old, new in WORDS.items():
        op.execute(f"UPDATE events SET state = '{new}' WHERE state = '{old}'")  # noqa: S608  # words of this file
    op.drop_index("ix_events_unroutable", "events")
    op.create_index("ix_events_unrouted", "events", INDEXED[:2], sqlite_where=UNROUTED, postgresql_where=UNROUTED)


def downgrade() -> None:
    """The words of before."""
    for old, new in WORDS.items():
        op.execute(f"UPDATE events SET state = '{old}' WHERE state = '{new}'")  # noqa: S608  # words of this file
    op.drop_index("ix_events_unrouted", "events")
    op.create_index("ix_events_unroutable", "events", INDEXED)
