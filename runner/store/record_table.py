"""Table records: its columns, and how a record is named in it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, Text, UniqueConstraint

from runner.store.columns import Json, Number, UtcDateTime, metadata

records = Table(
    "records",
    metadata,
    Column("sequence", Number, primary_key=True),
    Column("integration_id", String(64), nullable=False),
    Column("kind", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("fields", Json, nullable=False),
    Column("version", Text),
    Column("fingerprint", String(32), nullable=False),
    Column("inactive", Boolean, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("processor", Text, nullable=False),
    Column("parent", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("integration_id", "kind", "external_id"),
    Index("ix_records_feed", "integration_id", "sequence"),
)

Key = tuple[str, str]
"""(kind, external_id)"""
