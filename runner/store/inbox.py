"""The inbox: deliveries and their events are stored, with the wake-up to work on them, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, Select, and_, bindparam, or_, select, update

from runner.model.event import Delivery, EventState, WebhookEvent
from runner.model.integration import Integration
from runner.model.wakeup import WakeUp
from runner.store import deliveries
from runner.store.events import Entry, EventFilter, add, digest, events, is_pending, is_unrouted, read
from runner.store.queue import Queue
from runner.store.statements import CHUNK, Compiled, chunks

_PENDING = EventState.PENDING
_FRESH = {"state": _PENDING.value, "attempts": 0, "due_at": None, "note": None}


@dataclass(frozen=True)
class Arrival:
    """A delivery under its new `id`, and the events split from it. The store fills in their `delivery_id`.

    A `bound` one was proved by a secret of the integration that the address names: it speaks for no other.
    """

    id: str
    delivery: Delivery
    events: tuple[WebhookEvent, ...]
    bound: bool = False


class Accepted(NamedTuple):
    """What became of an arrival: all its event ids, and how many of them came before or have no integration."""

    delivery_id: str
    event_ids: tuple[str, ...]
    duplicates: int = 0
    unrouted: int = 0


@dataclass(frozen=True, eq=False)
class Inbox:
    """The way in. `accept` is the batch for `Database.append`: `await database.append(inbox.accept, arrival)`."""

    queue: Queue

    def accept(self, connection: Connection, arrivals: list[Arrival]) -> list[Accepted]:
        """Store all of `arrivals` and wake the integrations that have something to do; one result each, in order.

        An event whose connector, account, key and environments are there already is stored as `duplicate`; a pending
        one without an integration as `unrouted`. An event that the caller marked (`dropped`) stays so.
        """
        return self.store(connection, arrivals, [arrival.events for arrival in arrivals])

    def store(
        self, connection: Connection, arrivals: list[Arrival], routed: Sequence[Sequence[WebhookEvent]]
    ) -> list[Accepted]:
        """The same, with the events of each arrival as they were routed: there may be more of them than it tells."""
        marks = [
            [digest(event, arrival.delivery.environments) for event in events]
            for arrival, events in zip(arrivals, routed, strict=True)
        ]
        known = _known(connection, list(chain.from_iterable(marks)))
        told = [
            [_entry(event, arrival.id, mark, known) for event, mark in zip(events, own, strict=True)]
            for arrival, events, own in zip(arrivals, routed, marks, strict=True)
        ]
        entries = list(chain.from_iterable(told))
        deliveries.add(connection, [(arrival.id, arrival.delivery) for arrival in arrivals])
        add(connection, entries)
        self._wake(connection, entries)
        return [_accepted(arrival, own) for arrival, own in zip(arrivals, told, strict=True)]

    def _wake(self, connection: Connection, entries: list[Entry]) -> None:
        due = {event.integration_id: None for event, _, state, _ in entries if state is _PENDING}
        self.queue.put_all(connection, [WakeUp("events", one) for one in due if one is not None])


def pending(connection: Connection, integration_id: str, limit: int, now: datetime) -> list[WebhookEvent]:
    """Events of an integration that are due, in the order of arrival."""
    return read(connection, [events.c.integration_id == integration_id, *_due(now)], limit)


def waiting(connection: Connection, now: datetime) -> list[str]:
    """Integrations that have due events: a sweep puts their wake-ups again, should one be lost."""
    query = select(events.c.integration_id).where(events.c.integration_id.is_not(None), *_due(now)).distinct()
    return list(connection.scalars(query.order_by(events.c.integration_id)))


def next_due(connection: Connection, integration_id: str) -> datetime | None:
    """When the first deferred event of an integration comes due; None when none is deferred."""
    query = select(events.c.due_at).where(
        events.c.integration_id == integration_id, is_pending, events.c.due_at.is_not(None)
    )
    return connection.scalar(query.order_by(events.c.due_at).limit(1))


def settle(connection: Connection, event_ids: Sequence[str], state: EventState, note: str | None = None) -> None:
    """Move events to a final state."""
    for ids in chunks(event_ids):
        values = {"state": state.value, "note": note, "due_at": None}
        connection.execute(update(events).where(events.c.id.in_(ids)).values(values))


def defer(connection: Connection, event_ids: Sequence[str], until: datetime, note: str | None = None) -> None:
    """Let pending events wait until then, with one attempt more."""
    for ids in chunks(event_ids):
        values = {"due_at": until, "note": note, "attempts": events.c.attempts + 1}
        connection.execute(update(events).where(events.c.id.in_(ids), is_pending).values(values))


def route(connection: Connection, integration: Integration) -> int:
    """Give an integration, as pending, the unrouted events of its account, and those that name nobody and came to its
    own address; returns how many. Then wake it. What was proved for other environments stays."""
    table, sent = events.c, deliveries.deliveries.c
    addressed = select(sent.id).where(sent.integration_id == integration.id)
    mine = and_(table.account_id.is_(None), table.delivery_id.in_(addressed))
    if integration.account_id is not None:
        mine = or_(mine, table.account_id == integration.account_id)
    return connection.execute(
        update(events)
        .where(
            table.connector == integration.connector,
            is_unrouted,
            mine,
            table.delivery_id.in_(deliveries.of_environment(integration.environment)),
        )
        .values(_FRESH | {"integration_id": integration.id})
    ).rowcount


def replay(connection: Connection, chosen: EventFilter) -> dict[str, int]:
    """Make events pending again, as if new; returns how many an integration has to be woken for.

    Those without an integration stay as they are: connecting the account routes them.
    """
    changed = connection.scalars(
        update(events)
        .where(events.c.integration_id.is_not(None), *chosen.conditions())
        .values(_FRESH)
        .returning(events.c.integration_id)
    )
    found: dict[str, int] = {}
    for integration_id in changed:
        found[integration_id] = found.get(integration_id, 0) + 1
    return found


def _due(now: datetime) -> list[Any]:
    return [is_pending, or_(events.c.due_at.is_(None), events.c.due_at <= now)]


def _known(connection: Connection, marks: list[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for part in chunks(marks):
        statement, compiled, size = _look_up(len(part).bit_length())
        row = (*part, *part[-1:] * (size - len(part)))
        found.update(bytes(mark) for (mark,) in compiled.find(connection, statement, row))
    return found


@cache
def _look_up(bits: int) -> tuple[Select[Any], Compiled, int]:
    """Which of some digests are there. One statement serves all counts of as many bits: the last one is repeated."""
    size = min(2**bits - 1, CHUNK)
    names = [f"digest_{number}" for number in range(size)]
    given = [bindparam(name, type_=LargeBinary) for name in names]
    return select(events.c.digest).where(events.c.digest.in_(given)), Compiled(names), size


def _entry(event: WebhookEvent, delivery_id: str, mark: bytes, known: set[bytes]) -> Entry:
    if mark in known:
        return event, delivery_id, EventState.DUPLICATE, None
    known.add(mark)
    is_lost = event.integration_id is None and event.state is _PENDING
    return event, delivery_id, EventState.UNROUTED if is_lost else event.state, mark


def _accepted(arrival: Arrival, entries: list[Entry]) -> Accepted:
    states = [state for _, _, state, _ in entries]
    ids = tuple([event.id for event, _, _, _ in entries])
    return Accepted(arrival.id, ids, states.count(EventState.DUPLICATE), states.count(EventState.UNROUTED))
