"""What one push would send: the record as the delivery rule writes it, or why it is not to be sent now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import Connection

from runner.connector.config import Config
from runner.connector.delivery_rule import DeliveryRule, Linked
from runner.engine.context import context_of, fields_of, written
from runner.errors import MappingError, NotFound
from runner.model.integration import Integration
from runner.model.push import Doubt, Link, Push, PushState
from runner.model.record import Record, as_id
from runner.store import doubts, feed, integrations, links
from runner.store.feed import StoredRecord
from runner.store.records import Key


@dataclass(frozen=True)
class Parcel:
    """What a push would send. `gone` records are archived at the host; `link` says what the host calls the thing;
    `doubt` is what an earlier try set out to create whose outcome nobody knows."""

    push: Push
    rule: DeliveryRule
    gone: bool
    input: dict[str, Any] = field(repr=False)
    fingerprint: str
    link: Link | None
    doubt: Doubt | None
    matched: tuple[Link, ...] = ()
    read: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Held:
    """A push that is not to be sent now, and why; of one that failed also the reason in a word."""

    push: Push
    state: PushState
    note: str
    read: tuple[Key, ...] = ()
    reason: str | None = None


class Unlinked(Exception):
    """A host id is not known. `reads` are the records whose change may alter that."""

    def __init__(self, state: PushState, note: str, reads: tuple[Key, ...] = ()) -> None:
        self.state = state
        self.reads = reads
        super().__init__(note)


@dataclass
class Twins:
    """The destination's own records by one of their fields, in lower case; read once a drain."""

    connection: Connection
    destination: Integration
    known: dict[tuple[str, str], dict[str, str | None]] = field(default_factory=dict)

    def find(self, kind: str, name: str, value: str) -> str | None:
        """The id of the one record with that value; None when there is none, or more than one."""
        if (kind, name) not in self.known:
            self.known[kind, name] = self._read(kind, name)
        return self.known[kind, name].get(value.strip().lower())

    def _read(self, kind: str, name: str) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for stored in feed.iterate(self.connection, self.destination.id, kind):
            value = stored.record.fields.get(name)
            if isinstance(value, str) and value and not stored.record.inactive:
                key = value.strip().lower()
                found[key] = None if key in found else stored.record.external_id
        return found


def pack(connection: Connection, config: Config, destination: Integration, push: Push, twins: Twins) -> Parcel | Held:
    """Put together what a push would send, from what is stored."""
    rule = config.deliver.get(push.rule)
    if rule is None:
        return Held(push, PushState.SKIPPED, f"the rule `{push.rule}` is not in runner.yaml any more")
    try:
        source = integrations.get(connection, push.integration_id)
        stored = feed.get(connection, push.integration_id, push.kind, push.external_id)
    except NotFound as error:
        return Held(push, PushState.SKIPPED, str(error))
    read = tuple(read_of(rule, stored.record))
    try:
        return _pack(connection, rule, push, source, destination, stored, read, twins)
    except Unlinked as error:
        return Held(push, error.state, str(error), (*read, *error.reads))
    except MappingError as error:
        return Held(push, PushState.FAILED, f"rule `{push.rule}`: {error}", read, error.code)


def fingerprint(given: Mapping[str, Any]) -> str:
    """What two inputs share when they say the same."""
    return blake2b(orjson.dumps(dict(given), option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def _pack(
    connection: Connection,
    rule: DeliveryRule,
    push: Push,
    source: Integration,
    destination: Integration,
    stored: StoredRecord,
    read: tuple[Key, ...],
    twins: Twins,
) -> Parcel | Held:
    record, gone = stored.record, stored.record.inactive or stored.deleted_at is not None
    context = context_of(connection, rule, stored, source)
    if rule.when is not None and not gone and not rule.when.test(context):
        return Held(push, PushState.SKIPPED, f"`when` of rule `{push.rule}` is false: {rule.when}", read)
    own = links.get(connection, source.id, destination.id, record.kind, record.external_id)
    doubt = doubts.get(connection, push.id)
    if gone and own is None and push.fingerprint is None and doubt is None:
        return Held(push, PushState.SKIPPED, "it is inactive, and the host never had it", read)
    made: list[Link] = []
    for name, linked in rule.links.items():
        link = _link(connection, linked, context, source, destination, twins)
        context["links"][name] = link.host_id
        made.append(link)
    given = written(rule, context)
    return Parcel(
        push=push,
        rule=rule,
        gone=gone,
        input=given,
        fingerprint=fingerprint(given),
        link=own,
        doubt=doubt,
        matched=tuple(made),
        read=read,
    )


def read_of(rule: DeliveryRule, record: Record) -> Iterator[Key]:
    """The other records that the push depends on, there or not."""
    for included in rule.include.values():
        external_id = as_id(record.fields.get(included.field))
        if external_id is not None:
            yield included.record, external_id
    for linked in rule.links.values():
        try:
            external_id = as_id(linked.id.search({**record.fields, "id": record.external_id}))
        except MappingError:
            continue
        if linked.match is not None and external_id is not None:
            yield linked.record, external_id


def _link(
    connection: Connection,
    linked: Linked,
    context: dict[str, Any],
    source: Integration,
    destination: Integration,
    twins: Twins,
) -> Link:
    """The host's id of another thing, remembered or found by its twin. Unlinked says what is missing."""
    external_id = as_id(linked.id.search(context))
    if external_id is None:
        raise Unlinked(PushState.SKIPPED, f"it names no {linked.record} (`{linked.id}` is null)")
    known = links.get(connection, source.id, destination.id, linked.record, external_id)
    if known is not None:
        return known
    where = f"{linked.record} {external_id} of {source.connector}"
    other = fields_of(connection, source.id, linked.record, external_id)
    if linked.match is None:
        reads = ((linked.record, external_id),)
        if other is not None and other["inactive"]:
            raise Unlinked(PushState.SKIPPED, f"{where} is inactive, and {destination.connector} never had it", reads)
        raise Unlinked(PushState.WAITING, f"waits until {where} is at {destination.connector}", reads)
    if other is None:
        raise Unlinked(PushState.WAITING, f"waits until {where} is known")
    by_hand = f"link it: `runner links set {source.id[:8]} {linked.record} {external_id} HOST_ID`"
    value = other.get(linked.match)
    if not isinstance(value, str) or not value:
        raise Unlinked(PushState.WAITING, f"{where} has no {linked.match} to be found by: add it there, or {by_hand}")
    host_id = twins.find(linked.record, linked.match, value)
    if host_id is None:
        raise Unlinked(
            PushState.WAITING,
            f"{where} is found by {linked.match}, and no {linked.record}, or more than one, at "
            f"{destination.connector} has the same: add it there, or {by_hand}",
        )
    return Link(source.id, linked.record, external_id, destination.id, host_id, linked.match)
