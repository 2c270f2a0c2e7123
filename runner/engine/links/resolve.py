"""What a destination calls a thing: remembered, known the other way round, or found by its twin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection

from runner.connector.delivery_rule import DeliveryRule
from runner.connector.linked import Linked
from runner.engine.links.context import fields_of
from runner.engine.links.twins import Twins, read
from runner.errors import MappingError
from runner.model.integration import Integration
from runner.model.push import Link, PushState
from runner.model.record import Record, as_id
from runner.model.unmatched import Unmatched
from runner.store import links, unmatched
from runner.store.record_table import Key

BACKWARDS = "backwards"
"""How a link was found that was made from the other side: it is used, and not stored once more."""


class Unlinked(Exception):
    """An id at the destination is not known. `reads` are the records whose change may alter that; `unmatched` is what
    somebody should link by hand."""

    def __init__(
        self, state: PushState, note: str, reads: tuple[Key, ...] = (), unmatched: Unmatched | None = None
    ) -> None:
        self.state = state
        self.reads = reads
        self.unmatched = unmatched
        super().__init__(note)


def link_key(kind: str, external_id: str) -> Key:
    """The link of a record, among the things that a push depends on; no kind has a space in its name."""
    return f"link {kind}", external_id


def read_of(rule: DeliveryRule, record: Record) -> Iterator[Key]:
    """The other records and the links that the push depends on, there or not."""
    for included in rule.include.values():
        external_id = as_id(record.fields.get(included.field))
        if external_id is not None:
            yield included.record, external_id
    for linked in rule.links.values():
        try:
            external_id = as_id(linked.id.search({**record.fields, "id": record.external_id}))
        except MappingError:
            continue
        if external_id is not None:
            yield link_key(linked.record, external_id)
        if linked.match is not None and external_id is not None:
            yield linked.record, external_id


def known_link(
    connection: Connection, source: Integration, destination: Integration, kind: str, there: str, external_id: str
) -> Link | None:
    """The link of a record of `source`, whichever of the two sides it was made from. One that was made from the other
    side is `how` BACKWARDS, and not stored anew. Unlinked when several things over there are linked to it."""
    own = links.get(connection, source.id, destination.id, kind, external_id)
    if own is not None:
        return own
    found = links.find(connection, destination.id, source.id, there, external_id, limit=2)
    if len(found) > 1:
        raise Unlinked(
            PushState.WAITING,
            f"several {there} records of {destination.connector} are linked to {kind} {external_id} of "
            f"{source.connector}: say which is meant: {by_hand(source, kind, external_id)}",
        )
    return Link(source.id, kind, external_id, destination.id, found[0].external_id, BACKWARDS) if found else None


def resolve(
    connection: Connection,
    linked: Linked,
    context: dict[str, Any],
    source: Integration,
    destination: Integration,
    twins: Twins,
) -> Link:
    """The destination's id of another thing. Unlinked says what is missing."""
    external_id = as_id(linked.id.search(context))
    if external_id is None:
        raise Unlinked(PushState.SKIPPED, f"it names no {linked.record} (`{linked.id}` is null)")
    known = known_link(connection, source, destination, linked.record, linked.there, external_id)
    if known is not None:
        return known
    where = f"{linked.record} {external_id} of {source.connector}"
    other = fields_of(connection, source.id, linked.record, external_id)
    if linked.match is not None:
        return _matched(linked, source, external_id, other, twins)
    reads = ((linked.record, external_id),)
    if other is not None and other["inactive"]:
        raise Unlinked(PushState.SKIPPED, f"{where} is inactive, and {destination.connector} never had it", reads)
    raise Unlinked(PushState.WAITING, f"waits until {where} is at {destination.connector}", reads)


def remember(connection: Connection, found: Iterable[Link], made: Link | None = None) -> None:
    """Keep links that a push found or made; nobody is missed any more whom they name. What was found does not take the
    place of what somebody has said meanwhile."""
    kept = [link for link in (*found, *([made] if made else [])) if link.how != BACKWARDS]
    for link in kept:
        stored = links.get(connection, link.integration_id, link.destination, link.kind, link.external_id)
        if stored is None or (link is made and stored.host_id != link.host_id):
            links.put(connection, link)
    unmatched.clear(connection, kept)


def by_hand(source: Integration, kind: str, external_id: str) -> str:
    """The command that says who is who."""
    return f"`runner links set {source.id[:8]} {kind} {external_id} HOST_ID`"


def _matched(linked: Linked, source: Integration, external_id: str, other: dict[str, Any] | None, twins: Twins) -> Link:
    assert linked.match is not None
    assert linked.theirs is not None
    there, where = twins.destination, f"{linked.record} {external_id} of {source.connector}"
    if other is None:
        raise Unlinked(PushState.WAITING, f"waits until {where} is known")
    value = read(linked.match, other)
    host_id = twins.find(linked.there, linked.theirs, value) if value is not None else None
    if host_id is not None:
        return Link(source.id, linked.record, external_id, there.id, host_id, linked.how)
    remedy = f"add it there, or link it: {by_hand(source, linked.record, external_id)}"
    if value is None:
        note = f"{where} has no {linked.match} to be found by: {remedy}"
    else:
        nobody = f"no {linked.there}, or more than one, at {there.connector} has the same"
        note = f"{where} is found by {linked.match}, and {nobody}: {remedy}"
    row = Unmatched(source.id, linked.record, external_id, there.id, linked.there, note)
    raise Unlinked(PushState.WAITING, note, unmatched=row)
