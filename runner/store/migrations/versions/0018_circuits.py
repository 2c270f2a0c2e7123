"""Why pushes failed, destinations that could not be reached, and rules that brought what was there already.

Revision 0018.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, String, Text

from runner.store.columns import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and make the tables."""
    op.add_column("pushes", Column("reason", Text()))
    op.add_column("pushes", Column("said", Text()))
    op.create_table(
        "circuits",
        Column("destination", String(64), nullable=False),
        Column("failures", Integer(), nullable=False),
        Column("opened_at", UtcDateTime()),
        Column("trial_at", UtcDateTime()),
        Column("note", Text()),
        Column("free_at", UtcDateTime()),
        PrimaryKeyConstraint("destination", name=op.f("pk_circuits")),
    )
    op.create_table(
        "rollouts",
        Column("rule", Text(), nullable=False),
        Column("destination", String(64), nullable=False),
        Column("at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("rule", "destination", name=op.f("pk_rollouts")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("rollouts")
    op.drop_table("circuits")
    op.drop_column("pushes", "said")
    op.drop_column("pushes", "reason")
