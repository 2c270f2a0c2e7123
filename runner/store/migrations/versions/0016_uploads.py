"""Files that are sent in pieces go on where they broke off.

Revision 0016.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint, String, Text

from runner.store.columns import Number, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "uploads",
        Column("id", String(64), nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("session", Text(), nullable=False),
        Column("updated_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_updated_at"), "uploads", ["updated_at"])
    op.create_table(
        "upload_pieces",
        Column("upload_id", String(64), nullable=False),
        Column("begins", Number, nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("ends", Number, nullable=False),
        Column("digests", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("upload_id", "begins", name=op.f("pk_upload_pieces")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("upload_pieces")
    op.drop_index(op.f("ix_uploads_updated_at"), "uploads")
    op.drop_table("uploads")
