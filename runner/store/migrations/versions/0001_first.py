"""The first schema: all tables.

Revision 0001.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, Integer, LargeBinary, PrimaryKeyConstraint, String, Text, UniqueConstraint, text

from runner.store.columns import Json, Number, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PENDING = text("state = 'pending'")


def _create_integrations() -> None:
    op.create_table(
        "integrations",
        Column("id", String(64), nullable=False),
        Column("company", Text(), nullable=False),
        Column("connector", Text(), nullable=False),
        Column("slot", Text(), nullable=False),
        Column("environment", Text(), nullable=False),
        Column("state", String(16), nullable=False),
        Column("reason", Json()),
        Column("settings", Json(), nullable=False),
        Column("account", Json(), nullable=False),
        Column("account_id", Text()),
        Column("account_name", Text()),
        Column("created_at", UtcDateTime()),
        Column("updated_at", UtcDateTime()),
        PrimaryKeyConstraint("id", name=op.f("pk_integrations")),
        UniqueConstraint("company", "connector", "slot", name=op.f("uq_integrations_company_connector_slot")),
    )
    op.create_index("ix_integrations_account", "integrations", ["connector", "account_id"])


def _create_credentials() -> None:
    op.create_table(
        "credentials",
        Column("integration_id", String(64), nullable=False),
        Column("key_id", String(32), nullable=False),
        Column("sealed", LargeBinary(), nullable=False),
        Column("version", Number, nullable=False),
        Column("expires_at", UtcDateTime()),
        Column("refresh_expires_at", UtcDateTime()),
        Column("updated_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("integration_id", name=op.f("pk_credentials")),
    )


def _create_oauth_states() -> None:
    op.create_table(
        "oauth_states",
        Column("nonce_hash", String(128), nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("verifier", LargeBinary()),
        Column("redirect_to", Text()),
        Column("expires_at", UtcDateTime(), nullable=False),
        Column("used_at", UtcDateTime()),
        PrimaryKeyConstraint("nonce_hash", name=op.f("pk_oauth_states")),
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        Column("id", String(64), nullable=False),
        Column("connector", Text(), nullable=False),
        Column("integration_id", String(64)),
        Column("method", String(16), nullable=False),
        Column("url", Text(), nullable=False),
        Column("headers", Json(), nullable=False),
        Column("body", LargeBinary(), nullable=False),
        Column("received_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_received_at", "deliveries", ["received_at"])


def _create_events() -> None:
    op.create_table(
        "events",
        Column("sequence", Number, nullable=False),
        Column("id", String(64), nullable=False),
        Column("connector", Text(), nullable=False),
        Column("type", Text(), nullable=False),
        Column("key", Text(), nullable=False),
        Column("account_id", Text()),
        Column("payload", Json()),
        Column("received_at", UtcDateTime(), nullable=False),
        Column("occurred_at", Text()),
        Column("delivery_id", String(64), nullable=False),
        Column("integration_id", String(64)),
        Column("state", String(16), nullable=False),
        Column("attempts", Integer(), nullable=False),
        Column("note", Text()),
        Column("due_at", UtcDateTime()),
        Column("digest", LargeBinary()),
        PrimaryKeyConstraint("sequence", name=op.f("pk_events")),
        UniqueConstraint("digest", name=op.f("uq_events_digest")),
        UniqueConstraint("id", name=op.f("uq_events_id")),
    )
    op.create_index(
        "ix_events_pending", "events", ["integration_id", "sequence"], sqlite_where=PENDING, postgresql_where=PENDING
    )
    op.create_index("ix_events_unroutable", "events", ["connector", "account_id", "state"])


def _create_rejections() -> None:
    op.create_table(
        "rejections",
        Column("connector", Text(), nullable=False),
        Column("reason", Text(), nullable=False),
        Column("count", Number, nullable=False),
        Column("last_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("connector", "reason", name=op.f("pk_rejections")),
    )


def _create_records() -> None:
    op.create_table(
        "records",
        Column("sequence", Number, nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("external_id", Text(), nullable=False),
        Column("fields", Json(), nullable=False),
        Column("version", Text()),
        Column("fingerprint", String(32), nullable=False),
        Column("inactive", Boolean(), nullable=False),
        Column("deleted_at", UtcDateTime()),
        Column("processor", Text(), nullable=False),
        Column("parent", Text()),
        Column("created_at", UtcDateTime(), nullable=False),
        Column("changed_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("sequence", name=op.f("pk_records")),
        UniqueConstraint(
            "integration_id", "kind", "external_id", name=op.f("uq_records_integration_id_kind_external_id")
        ),
    )
    op.create_index("ix_records_feed", "records", ["integration_id", "sequence"])


def _create_sequences() -> None:
    op.create_table(
        "sequences",
        Column("name", Text(), nullable=False),
        Column("value", Number, nullable=False),
        PrimaryKeyConstraint("name", name=op.f("pk_sequences")),
    )


def _create_quarantine() -> None:
    op.create_table(
        "quarantine",
        Column("id", Number, nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("processor", Text(), nullable=False),
        Column("reference", Text(), nullable=False),
        Column("external_id", Text()),
        Column("payload", Json()),
        Column("flaws", Json(), nullable=False),
        Column("times", Number, nullable=False),
        Column("first_at", UtcDateTime(), nullable=False),
        Column("last_at", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        UniqueConstraint(
            "integration_id", "processor", "reference", name=op.f("uq_quarantine_integration_id_processor_reference")
        ),
    )


def _create_links() -> None:
    op.create_table(
        "links",
        Column("integration_id", String(64), nullable=False),
        Column("destination", String(64), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("external_id", Text(), nullable=False),
        Column("host_id", Text(), nullable=False),
        Column("how", String(16), nullable=False),
        PrimaryKeyConstraint("integration_id", "destination", "kind", "external_id", name=op.f("pk_links")),
    )
    op.create_index("ix_links_host", "links", ["destination", "kind", "host_id"])


def _create_checkpoints() -> None:
    op.create_table(
        "checkpoints",
        Column("integration_id", String(64), nullable=False),
        Column("sync", Text(), nullable=False),
        Column("value", Text()),
        Column("progress", Json()),
        Column("last_full_at", UtcDateTime()),
        PrimaryKeyConstraint("integration_id", "sync", name=op.f("pk_checkpoints")),
    )


def _create_sync_runs() -> None:
    op.create_table(
        "sync_runs",
        Column("id", String(64), nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("sync", Text(), nullable=False),
        Column("full", Boolean(), nullable=False),
        Column("state", String(16), nullable=False),
        Column("started_at", UtcDateTime(), nullable=False),
        Column("ended_at", UtcDateTime()),
        Column("counts", Json(), nullable=False),
        Column("error", Text()),
        PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
    )
    op.create_index("ix_sync_runs_started", "sync_runs", ["integration_id", "sync", "started_at"])


def _create_pushes() -> None:
    op.create_table(
        "pushes",
        Column("id", Number, nullable=False),
        Column("rule", Text(), nullable=False),
        Column("integration_id", String(64), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("external_id", Text(), nullable=False),
        Column("destination", String(64), nullable=False),
        Column("state", String(16), nullable=False),
        Column("attempts", Integer(), nullable=False),
        Column("retries", Integer(), nullable=False),
        Column("due_at", UtcDateTime()),
        Column("fingerprint", Text()),
        Column("archived", Boolean(), nullable=False),
        Column("note", Text()),
        Column("updated_at", UtcDateTime()),
        Column("marks", Integer(), nullable=False),
        PrimaryKeyConstraint("id", name=op.f("pk_pushes")),
        UniqueConstraint(
            "rule",
            "integration_id",
            "kind",
            "external_id",
            "destination",
            name=op.f("uq_pushes_rule_integration_id_kind_external_id_destination"),
        ),
    )
    op.create_index("ix_pushes_due", "pushes", ["destination", "id"], sqlite_where=PENDING, postgresql_where=PENDING)
    op.create_index("ix_pushes_record", "pushes", ["integration_id", "kind", "external_id"])


def _create_partner_calls() -> None:
    op.create_table(
        "partner_calls",
        Column("integration_id", String(64), nullable=False),
        Column("calls", Number, nullable=False),
        Column("limited", Number, nullable=False),
        PrimaryKeyConstraint("integration_id", name=op.f("pk_partner_calls")),
    )


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        Column("key", Text(), nullable=False),
        Column("last_tick", UtcDateTime(), nullable=False),
        PrimaryKeyConstraint("key", name=op.f("pk_schedules")),
    )


def _create_wakeups() -> None:
    op.create_table(
        "wakeups",
        Column("id", Number, nullable=False),
        Column("key", Text(), nullable=False),
        Column("state", String(8), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("subject", Text(), nullable=False),
        Column("detail", Text(), nullable=False),
        Column("run_at", UtcDateTime(), nullable=False),
        Column("priority", Integer(), nullable=False),
        Column("options", Json()),
        Column("attempts", Integer(), nullable=False),
        Column("note", Text()),
        Column("worker", Text()),
        Column("lease_until", UtcDateTime()),
        Column("turn", Integer(), nullable=False),
        PrimaryKeyConstraint("id", name=op.f("pk_wakeups")),
        UniqueConstraint("key", "state", name=op.f("uq_wakeups_key_state")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_wakeups_due", "wakeups", ["state", "run_at"])


def upgrade() -> None:
    """Create everything."""
    _create_integrations()
    _create_credentials()
    _create_oauth_states()
    _create_deliveries()
    _create_events()
    _create_rejections()
    _create_records()
    _create_sequences()
    _create_quarantine()
    _create_links()
    _create_checkpoints()
    _create_sync_runs()
    _create_pushes()
    _create_partner_calls()
    _create_schedules()
    _create_wakeups()


def downgrade() -> None:
    """Drop everything."""
    op.drop_table("wakeups")
    op.drop_table("schedules")
    op.drop_table("partner_calls")
    op.drop_table("pushes")
    op.drop_table("sync_runs")
    op.drop_table("checkpoints")
    op.drop_table("links")
    op.drop_table("quarantine")
    op.drop_table("sequences")
    op.drop_table("records")
    op.drop_table("rejections")
    op.drop_table("events")
    op.drop_table("deliveries")
    op.drop_table("oauth_states")
    op.drop_table("credentials")
    op.drop_table("integrations")
