"""What a delivery rule's expressions read of a record, and what they make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from runner.connector.delivery_rule import DeliveryRule
from runner.errors import MappingError, NotFound
from runner.mapping.expression import Expression
from runner.mapping.fields import Fields
from runner.model.common import Values
from runner.model.integration import Integration
from runner.model.record import as_id
from runner.store import feed
from runner.store.feed import StoredRecord


def context_of(connection: Connection, rule: DeliveryRule, stored: StoredRecord, source: Integration) -> dict[str, Any]:
    """The record's fields, the included records by name (null while they are not there), and what it is. `links` is
    empty, to be filled."""
    record = stored.record
    about = {"id": record.external_id, "kind": record.kind, "connector": source.connector, "inactive": stored.is_gone}
    return {**record.fields, **_others(connection, rule, stored), **about, "links": {}}


def written(rule: DeliveryRule, context: dict[str, Any]) -> Values:
    """The rule's `input` and `write`, without nulls; MappingError names every expression that fails."""
    made = read_fields(rule.input, context)
    return {**made, **{name: path.render(context) for name, path in rule.write.items()}}


def read_fields(fields: Fields, record: Mapping[str, Any]) -> Values:
    """What fields say of a record, without nulls; MappingError names every expression that fails."""
    wrong: list[str] = []

    def failed(name: str, _: Expression, error: MappingError) -> None:
        wrong.append(f"`{name}`: {error}")

    made = without_nulls(fields.map(dict(record), failed))
    if wrong:
        raise MappingError("; ".join(wrong))
    return made if isinstance(made, dict) else {}


def fields_of(connection: Connection, integration_id: str, kind: str, external_id: str | None) -> dict[str, Any] | None:
    """A record as expressions read a neighbour: None for one that is not there."""
    if external_id is None:
        return None
    try:
        stored = feed.get(connection, integration_id, kind, external_id)
    except NotFound:
        return None
    if stored.deleted_at is not None:
        return None
    return {**stored.record.fields, "id": external_id, "inactive": stored.record.inactive}


def without_nulls(value: Any) -> Any:
    """An object without the names whose values are null; null where nothing is left of it."""
    if not isinstance(value, dict):
        return value
    made = {name: without_nulls(part) for name, part in value.items()}
    return {name: part for name, part in made.items() if part is not None} or None


def _others(connection: Connection, rule: DeliveryRule, stored: StoredRecord) -> dict[str, Any]:
    """The included records by name; null while they are not there."""
    found: dict[str, Any] = {}
    for name, included in rule.include.items():
        external_id = as_id(stored.record.fields.get(included.field))
        found[name] = fields_of(connection, stored.integration_id, included.record, external_id)
    return found
