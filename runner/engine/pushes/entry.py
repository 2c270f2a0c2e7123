"""What a destination of runner.yaml is given of one record: the record as it is now, or that it is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from runner.connector.config import Config
from runner.connector.delivery_rule import DeliveryRule
from runner.engine.links.context import context_of, written
from runner.engine.links.parcel import Held, fingerprint
from runner.engine.links.resolve import read_of
from runner.errors import MappingError, NotFound
from runner.model.integration import Integration
from runner.model.push import Link, Push, PushState
from runner.store import feed, integrations
from runner.store.feed import StoredRecord
from runner.store.record_table import Key


@dataclass(frozen=True)
class Entry:
    """One change. `key` is the same for every try of it, and no other change has it."""

    push: Push
    owner: Integration
    stored: StoredRecord
    fields: dict[str, Any] = field(repr=False)
    fingerprint: str
    read: tuple[Key, ...]
    matched: tuple[Link, ...] = ()

    @property
    def key(self) -> str:
        return f"push_{self.push.id}_{self.push.marks}_{self.fingerprint[:8]}"

    def row(self) -> dict[str, Any]:
        """What it says, under the names that the API has for records."""
        record = self.stored.record
        return {
            "integration_id": self.stored.integration_id,
            "company": self.owner.company,
            "connector": self.owner.connector,
            "kind": record.kind,
            "external_id": record.external_id,
            "sequence": self.stored.sequence,
            "version": record.version,
            "inactive": record.inactive,
            "deleted": self.stored.deleted_at is not None,
            "changed_at": self.stored.changed_at,
            "fields": self.fields,
        }

    def line(self, at: datetime) -> dict[str, Any]:
        """A row with its key, the rule that it came by, and when it was sent."""
        return {"key": self.key, "at": at, "rule": self.push.rule, **self.row()}


def pack_entry(connection: Connection, config: Config, push: Push) -> Entry | Held:
    """Put together what a push would bring, from what is stored."""
    rule = config.deliver.get(push.rule)
    if rule is None or rule.to != push.destination:
        return Held(push, PushState.SKIPPED, f"no rule `{push.rule}` of runner.yaml leads there any more")
    try:
        owner = integrations.get(connection, push.integration_id)
        stored = feed.get(connection, push.integration_id, push.kind, push.external_id)
    except NotFound as error:
        return Held(push, PushState.SKIPPED, str(error))
    read = tuple(read_of(rule, stored.record))
    try:
        return _pack(connection, rule, push, owner, stored, read)
    except MappingError as error:
        return Held(push, PushState.FAILED, f"rule `{push.rule}`: {error}", read, error.code)


def _pack(
    connection: Connection,
    rule: DeliveryRule,
    push: Push,
    owner: Integration,
    stored: StoredRecord,
    read: tuple[Key, ...],
) -> Entry | Held:
    context, deleted = context_of(connection, rule, stored, owner), stored.deleted_at is not None
    known = push.fingerprint is not None
    if rule.when is not None and not (deleted and known) and not rule.when.test(context):
        return Held(push, PushState.SKIPPED, f"`when` of rule `{push.rule}` is false: {rule.when}", read)
    fields = written(rule, context) if rule.input.parts else dict(stored.record.fields)
    said = fingerprint({"fields": fields, "inactive": stored.record.inactive, "deleted": deleted})
    if said == push.fingerprint:
        return Held(push, PushState.DONE, "it did not change", read)
    return Entry(push, owner, stored, fields, said, read)
