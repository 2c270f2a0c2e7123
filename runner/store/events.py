"""Table events: what deliveries say, one row an event, in the order of arrival; and how to look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    select,
)
from sqlalchemy import insert as insert_into

from runner.errors import NotFound
from runner.model.event import EventState, WebhookEvent
from runner.store.columns import Json, Number, UtcDateTime, json_text, metadata, partial_index, utc_text
from runner.store.statements import Compiled

events = Table(
    "events",
    metadata,
    Column("sequence", Number, primary_key=True),
    Column("id", String(64), nullable=False),
    Column("connector", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("account_id", Text),
    Column("payload", Json),
    Column("received_at", UtcDateTime, nullable=False),
    Column("occurred_at", Text),
    Column("delivery_id", String(64), nullable=False),
    Column("integration_id", String(64)),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("note", Text),
    Column("due_at", UtcDateTime),
    Column("digest", LargeBinary),
    UniqueConstraint("id"),
    UniqueConstraint("digest"),
)

UNCUT = 40
"""Keys of fewer bytes are in the digest as they are."""

is_pending: ColumnElement[bool] = events.c.state == literal_column("'pending'")
is_unrouted: ColumnElement[bool] = events.c.state == literal_column("'unrouted'")
"""Written out, not parameters: only so does SQLite see that the partial indexes serve."""

partial_index(
    "ix_events_pending",
    events.c.integration_id,
    events.c.sequence,
    where=is_pending,
)
Index("ix_events_delivery_id", events.c.delivery_id)
partial_index(
    "ix_events_unrouted",
    events.c.connector,
    events.c.account_id,
    where=is_unrouted,
)

_FIELDS = tuple(column.name for column in events.columns if column.name not in ("sequence", "due_at", "digest"))
_COLUMNS = [events.c[name] for name in _FIELDS]
_INSERT = insert_into(events)
_insert = Compiled([*_FIELDS, "digest"])


Entry = tuple[WebhookEvent, str, EventState, bytes | None]
"""An event to store: under which delivery, in which state, with its digest (a duplicate has none)."""


@dataclass(frozen=True)
class EventFilter:
    """Which events: all that fit every part that is given. Times are of arrival, `since` included, `until` not. In
    `type` a `*` stands for any characters; `without` leaves out those of a state."""

    ids: Sequence[str] | None = None
    integration_id: str | None = None
    connector: str | None = None
    state: EventState | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    without: EventState | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as parts of a WHERE."""
        table = events.c
        parts: list[ColumnElement[bool]] = []
        if self.ids is not None:
            parts.append(table.id.in_(list(self.ids)))
        equal = {"integration_id": self.integration_id, "connector": self.connector}
        parts.extend(table[name] == value for name, value in equal.items() if value is not None)
        if self.state is not None:
            parts.append(is_pending if self.state is EventState.PENDING else table.state == self.state.value)
        if self.without is not None:
            parts.append(table.state != self.without.value)
        if self.type is not None:
            parts.append(table.type == self.type if "*" not in self.type else _like(table.type, self.type))
        if self.since is not None:
            parts.append(table.received_at >= self.since)
        if self.until is not None:
            parts.append(table.received_at < self.until)
        return parts


def digest(event: WebhookEvent, environments: frozenset[str] | None = None) -> bytes:
    """What duplicates share: connector, account (else integration), the environments that they were proved for (what is
    said in one takes nothing from another), and the key.

    16 bytes for whose it is, then the key as it is: those of keys that grow lie beside one another in the index, so
    that a commit touches few pages of it. A key of 40 bytes and more is cut to 24, with a hash of all of it: 56 bytes,
    and so unlike every key that is not cut.
    """
    account = f"a{event.account_id}" if event.account_id is not None else f"i{event.integration_id or ''}"
    whose = _whose(event.connector, account, environments)
    key = event.key.encode()
    return whose + (key if len(key) < UNCUT else key[:24] + blake2b(key, digest_size=16).digest())


@lru_cache(10_000)
def _whose(connector: str, account: str, environments: frozenset[str] | None) -> bytes:
    told = ("\0".join(sorted(environments)),) if environments is not None else ()
    return blake2b("\0".join((connector, account, *told)).encode(), digest_size=16).digest()


def add(connection: Connection, arrived: list[Entry]) -> None:
    """Store events, in this order."""
    rows = [
        (
            event.id,
            event.connector,
            event.type,
            event.key,
            event.account_id,
            json_text(event.payload) if event.payload is not None else None,
            utc_text(event.received_at),
            event.occurred_at,
            delivery_id,
            event.integration_id,
            state.value,
            event.attempts,
            event.note,
            mark,
        )
        for event, delivery_id, state, mark in arrived
    ]
    _insert.run(connection, _INSERT, rows)


def get(connection: Connection, event_id: str) -> WebhookEvent:
    """The event, or NotFound."""
    found = read(connection, EventFilter(ids=[event_id]).conditions(), limit=1)
    if not found:
        raise NotFound(f"there is no event {event_id}; it was never here, or was pruned")
    return found[0]


def find(connection: Connection, chosen: EventFilter, limit: int = 100) -> list[WebhookEvent]:
    """Events that fit, the latest first."""
    query = select(*_COLUMNS).where(*chosen.conditions()).order_by(events.c.sequence.desc()).limit(limit)
    return [_event(row) for row in connection.execute(query)]


def read(connection: Connection, conditions: list[ColumnElement[bool]], limit: int) -> list[WebhookEvent]:
    """Events in the order of arrival."""
    query = select(*_COLUMNS).where(*conditions).order_by(events.c.sequence).limit(limit)
    return [_event(row) for row in connection.execute(query)]


def page(connection: Connection, chosen: EventFilter, after: int, limit: int) -> list[tuple[int, WebhookEvent]]:
    """Events that fit with the number of each, in the order of arrival, from after that number on."""
    query = select(events.c.sequence, *_COLUMNS).where(*chosen.conditions(), events.c.sequence > after)
    rows = connection.execute(query.order_by(events.c.sequence).limit(limit)).all()
    return [(row[0], _event(row[1:])) for row in rows]


def counts(
    connection: Connection, integration_id: str | None = None, connector: str | None = None
) -> dict[EventState, int]:
    """How many events are in each state; every state is named."""
    chosen = EventFilter(integration_id=integration_id, connector=connector)
    query = select(events.c.state, func.count()).where(*chosen.conditions()).group_by(events.c.state)
    found = {EventState(state): count for state, count in connection.execute(query)}
    return {state: found.get(state, 0) for state in EventState}


def oldest_pending(connection: Connection) -> dict[str, datetime]:
    """By connector, when the oldest event came that is not worked off; connectors without one are left out."""
    query = select(events.c.connector, func.min(events.c.received_at, type_=UtcDateTime)).where(is_pending)
    return dict(connection.execute(query.group_by(events.c.connector)).all())


def _like(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.like(escaped.replace("*", "%"), escape="\\")


def _event(row: Sequence[Any]) -> WebhookEvent:
    values = dict(zip(_FIELDS, row, strict=True))
    values["state"] = EventState(values["state"])
    return WebhookEvent(**values)
