"""What both sides of a link had in common last, and whose value of a field stayed.

Revision 0021.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, String, Text

from runner.store.columns import Json, Number, UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "commons",
        Column("rule", Text(), nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("external_id", Text(), nullable=False),
        Column("destination", String(64), nullable=False),
        Column("common", Json(), nullable=False),
        Column("partner", Json(), nullable=False),
        Column("host", Json(), nullable=False),
        Column("replaced", Json(), nullable=False),
        Column("revision", Integer(), nullable=False),
        Column("at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("rule", "integration_id", "kind", "external_id", "destination", name=op.f("pk_commons")),
    )
    op.create_table(
        "decisions",
        Column("id", Number, nullable=False),
        Column("rule", Text(), nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("external_id", Text(), nullable=False),
        Column("destination", String(64), nullable=False),
        Column("field", Text(), nullable=False),
        Column("common", Json()),
        Column("partner", Json()),
        Column("host", Json()),
        Column("policy", String(16), nullable=False),
        Column("winner", String(8), nullable=False),
        Column("why", Text(), nullable=False),
        Column("at", UtcDateTime(), nullable=False),
        Column("push_id", Number),
        PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_record", "decisions", ["integration_id", "kind", "external_id"])
    op.create_index("ix_decisions_at", "decisions", ["at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_decisions_at", table_name="decisions")
    op.drop_index("ix_decisions_record", table_name="decisions")
    op.drop_table("decisions")
    op.drop_table("commons")
