"""Two rules, one each way: what one of them wrote is not carried back by the other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from runner.connector.config import Config
from runner.connector.delivery_rule import DeliveryRule
from runner.engine.links.context import read_fields
from runner.mapping.expression import Expression
from runner.mapping.fields import Fields
from runner.model.common import Pair, Values
from runner.model.integration import Integration
from runner.model.record import Record
from runner.store import commons, links

IDENTITY = {"id", "kind", "connector", "inactive", "links"}
"""What a rule's expressions read that no change of a field alters."""


def ours(
    connection: Connection,
    config: Config,
    rule: DeliveryRule,
    source: Integration,
    destination: Integration,
    record: Record,
) -> frozenset[str]:
    """The fields of a record that stand as a rule from `destination` to `source` wrote them, so far as its `theirs`
    reads them; none where there is no such rule."""
    found: set[str] = set()
    for name, other in config.deliver.items():
        if other.to != source.connector or other is rule or not other.theirs.parts or other.there != record.kind:
            continue
        for link in links.of_hosts(connection, source.id, other.record, [record.external_id]):
            if link.integration_id == destination.id:
                pair = Pair(name, link.integration_id, link.kind, link.external_id, source.id)
                found |= _standing(other.theirs, record, commons.get(connection, pair).host.wrote)
    return frozenset(found)


def news(rule: DeliveryRule, given: Values, ours: frozenset[str]) -> Values:
    """The inputs that something else than our own writing went into; all where nothing is ours."""
    if not ours:
        return given
    return {name: value for name, value in given.items() if not _is_echo(rule.input.parts.get(name), ours)}


def _standing(theirs: Fields, record: Record, wrote: Values) -> set[str]:
    read = read_fields(theirs, {**record.fields, "id": record.external_id})
    same = [name for name in theirs.parts if name in wrote and read.get(name) == wrote[name]]
    return {field for name in same for field in _reads(theirs.parts[name]) or ()}


def _is_echo(part: Expression | Fields | None, ours: frozenset[str]) -> bool:
    read = _reads(part) if part is not None else None
    return read is not None and read - IDENTITY <= ours


def _reads(part: Any) -> set[str] | None:
    """The fields that are read; None where it may look at the record as a whole."""
    rules = [rule for _, rule in part.flat()] if isinstance(part, Fields) else [part]
    found = [rule.reads for rule in rules]
    return None if None in found else {path[0] for paths in found for path in paths or ()}
