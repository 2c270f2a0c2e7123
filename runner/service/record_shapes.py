"""What the API and `--json` show of what arrived: records, payloads that gave none, and events."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import Field

from runner.model.event import WebhookEvent
from runner.model.integration import Integration
from runner.service.shapes import Shape
from runner.store.feed import StoredRecord
from runner.store.quarantine import Quarantined


class RecordShape(Shape):
    """A record with its place in the feed of changes: `sequence` is greater than at its last change."""

    integration_id: str
    company: str
    connector: str
    sequence: int
    kind: str
    external_id: str
    fields: dict[str, Any]
    version: str | None
    inactive: bool
    deleted: bool
    changed_at: datetime

    @classmethod
    def of(cls, found: StoredRecord, owner: Integration) -> RecordShape:
        """A record of an integration as it is shown."""
        own = found.record
        return cls(
            integration_id=found.integration_id,
            company=owner.company,
            connector=owner.connector,
            sequence=found.sequence,
            kind=own.kind,
            external_id=own.external_id,
            fields=own.fields,
            version=own.version,
            inactive=own.inactive,
            deleted=found.deleted_at is not None,
            changed_at=found.changed_at,
        )


class QuarantinedShape(Shape):
    """A raw payload that gave no record, and why. The payload itself may be personal: it stays in the store."""

    id: int
    integration_id: str
    processor: str
    external_id: str | None
    flaws: list[str] = Field(description="Each reason on one line.")
    reasons: list[dict[str, Any]] = Field(
        description="The same in parts: connector, processor, part, place (file:line:column), expression, got (the "
        "type of the value), external_id, message."
    )
    times: int
    first_at: datetime
    last_at: datetime

    @classmethod
    def of(cls, found: Quarantined) -> QuarantinedShape:
        """A quarantined payload as it is shown."""
        names = set(cls.model_fields) - {"flaws", "reasons"}
        reasons = [asdict(flaw) | {"message": flaw.reason} for flaw in found.flaws]
        kept = {name: getattr(found, name) for name in names}
        return cls(**kept, flaws=[str(flaw) for flaw in found.flaws], reasons=reasons)


class EventShape(Shape):
    """One thing that a partner told us."""

    id: str
    connector: str
    integration_id: str | None
    account_id: str | None
    type: str
    state: str = Field(description="accepted, failed (and tried again), done, dropped, duplicate, unrouted or dead")
    attempts: int
    note: str | None
    received_at: datetime
    delivery_id: str

    @classmethod
    def of(cls, found: WebhookEvent) -> EventShape:
        """An event as it is shown, without its payload."""
        names = set(cls.model_fields) - {"state"}
        return cls(**{name: getattr(found, name) for name in names}, state=found.standing)
