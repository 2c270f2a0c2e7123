"""Table pushes: records on their way to a destination, one row a rule, record and destination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal, select, update

from runner.model.push import Push, PushState
from runner.store.push_table import IDENTITY, Behind, is_due, is_first, is_pending, pushes, read_push
from runner.store.statements import insert


@dataclass(frozen=True)
class PushCounts:
    """How many pushes are in each state, and how many tries beyond the first all of them took."""

    states: dict[PushState, int]
    retries: int


def mark(
    connection: Connection,
    rule: str,
    integration_id: str,
    kind: str,
    ids: Sequence[str],
    destination: str,
    at: datetime,
) -> None:
    """Make records due for `destination`, new ones and those that arrived before; what was sent last stays known."""
    if not ids:
        return
    fresh = _anew(at)
    whose = {"rule": rule, "integration_id": integration_id, "kind": kind, "destination": destination}
    rows = [
        {**whose, **fresh, "external_id": external_id, "retries": 0, "archived": False, "marks": 1}
        for external_id in dict.fromkeys(ids)
    ]
    statement = insert(connection.dialect.name, pushes)
    renewed = {name: statement.excluded[name] for name in fresh} | {"marks": pushes.c.marks + 1}
    connection.execute(statement.on_conflict_do_update(index_elements=IDENTITY, set_=renewed), rows)


def due(
    connection: Connection,
    destination: str,
    limit: int,
    now: datetime,
    rules: Sequence[str] = (),
    behind: Behind | None = None,
) -> list[Push]:
    """Pushes to work on now: by the order of `rules` (projects before their photos), then the least tried, then the
    oldest. One that is behind another of its record is left out until that one is settled."""
    table = pushes.c
    query = select(pushes).where(table.destination == destination, is_pending, is_due(now), is_first(behind or {}))
    if rules:
        places = {rule: place for place, rule in enumerate(rules)}
        query = query.order_by(case(places, value=table.rule, else_=literal(len(rules))))
    return [read_push(row) for row in connection.execute(query.order_by(table.attempts, table.id).limit(limit))]


def waiting(connection: Connection, now: datetime) -> list[str]:
    """Destinations that have something due: a sweep puts their wake-ups again, should one be lost."""
    query = select(pushes.c.destination).where(is_pending, is_due(now)).distinct()
    return list(connection.scalars(query.order_by(pushes.c.destination)))


def next_due(connection: Connection, destination: str, behind: Behind | None = None) -> datetime | None:
    """When the first pending push of a destination that is behind no other comes (or came) due; None when there is
    none."""
    where = (pushes.c.destination == destination, is_pending, is_first(behind or {}))
    first: datetime | None = connection.scalar(select(func.min(pushes.c.due_at)).where(*where))
    return first


def settle(
    connection: Connection,
    push: Push,
    state: PushState,
    at: datetime,
    *,
    fingerprint: str | None = None,
    archived: bool | None = None,
    note: str | None = None,
    reason: str | None = None,
    said: str | None = None,
) -> bool:
    """Move `push`, as `due` gave it, to `state`; a `fingerprint` or `archived` that is given replaces the old.

    False when the record was marked again in between: then it keeps what was sent, and stays pending.
    """
    values: dict[str, Any] = {"updated_at": at}
    if fingerprint is not None:
        values["fingerprint"] = fingerprint
    if archived is not None:
        values["archived"] = archived
    settled = values | {"state": state.value, "note": note, "due_at": None, "reason": reason, "said": said}
    where = pushes.c.id == push.id
    if connection.execute(update(pushes).where(where, pushes.c.marks == push.marks).values(settled)).rowcount:
        return True
    connection.execute(update(pushes).where(where).values(values))
    return False


def defer(connection: Connection, push_id: int, until: datetime, note: str | None) -> None:
    """Let a pending push wait until then; counts an attempt and a retry."""
    table = pushes.c
    values = {"due_at": until, "note": note, "attempts": table.attempts + 1, "retries": table.retries + 1}
    connection.execute(update(pushes).where(table.id == push_id, is_pending).values(values))


def wake_waiting(connection: Connection, destination: str, at: datetime) -> int:
    """Make pushes due that wait for a link, since one was made; returns how many."""
    mine = (pushes.c.destination == destination, pushes.c.state == PushState.WAITING.value)
    return connection.execute(update(pushes).where(*mine).values(_anew(at))).rowcount


def mark_again(connection: Connection, push_id: int, at: datetime) -> None:
    """Make one push due as `mark` does, since something else that it is made from has changed."""
    values = {**_anew(at), "marks": pushes.c.marks + 1}
    connection.execute(update(pushes).where(pushes.c.id == push_id).values(values))


def look_again(connection: Connection, push_id: int, at: datetime) -> None:
    """Make a push that has arrived due once more, then."""
    table = pushes.c
    values = {"state": PushState.PENDING.value, "attempts": 0, "due_at": at}
    settled = table.state.in_((PushState.DONE.value, PushState.SKIPPED.value))
    connection.execute(update(pushes).where(table.id == push_id, settled).values(values))


def send_anew(
    connection: Connection, integration_id: str, kind: str, external_id: str, destination: str, at: datetime
) -> int:
    """Make the pushes of one record to a destination due as if nothing had been sent yet; returns how many."""
    query = update(pushes).where(*_of_record(integration_id, kind, external_id, destination))
    unsent = {"fingerprint": None, "archived": False, "marks": pushes.c.marks + 1}
    return connection.execute(query.values({**_anew(at), **unsent})).rowcount


def stands_elsewhere(connection: Connection, push: Push, fingerprint: str) -> bool:
    """Whether another push of the same rule and destination has brought the same input, and it was not archived."""
    table = pushes.c
    query = select(table.id).where(
        table.rule == push.rule,
        table.destination == push.destination,
        table.fingerprint == fingerprint,
        table.archived.is_(False),
        table.id != push.id,
    )
    return connection.execute(query.limit(1)).first() is not None


def one(
    connection: Connection, rule: str, integration_id: str, kind: str, external_id: str, destination: str
) -> Push | None:
    """The push of one record by one rule; None when there is none."""
    query = select(pushes).where(pushes.c.rule == rule, *_of_record(integration_id, kind, external_id, destination))
    row = connection.execute(query).one_or_none()
    return read_push(row) if row else None


def find(
    connection: Connection,
    integration_id: str | None = None,
    destination: str | None = None,
    state: PushState | None = None,
    external_id: str | None = None,
    limit: int = 100,
    *,
    rule: str | None = None,
    reason: str | None = None,
) -> list[Push]:
    """Pushes that fit what is given, the latest moved first."""
    chosen = {"integration_id": integration_id, "destination": destination, "external_id": external_id}
    chosen |= {"rule": rule, "reason": reason}
    query = select(pushes).order_by(pushes.c.updated_at.desc().nulls_last(), pushes.c.id.desc()).limit(limit)
    for name, value in chosen.items():
        if value is not None:
            query = query.where(pushes.c[name] == value)
    if state is not None:
        query = query.where(pushes.c.state == state.value)
    return [read_push(row) for row in connection.execute(query)]


def by_destination(connection: Connection) -> dict[str, dict[PushState, int]]:
    """How many pushes of each destination are in which state; every state is named."""
    table, found = pushes.c, dict[str, dict[PushState, int]]()
    query = select(table.destination, table.state, func.count()).group_by(table.destination, table.state)
    for destination, state, count in connection.execute(query.order_by(table.destination)):
        found.setdefault(destination, dict.fromkeys(PushState, 0))[PushState(state)] = count
    return found


def counts(connection: Connection, integration_id: str | None = None, destination: str | None = None) -> PushCounts:
    """Pushes by state (every state is named) and the sum of their retries."""
    table = pushes.c
    query = select(table.state, func.count(), func.sum(table.retries)).group_by(table.state)
    if integration_id is not None:
        query = query.where(table.integration_id == integration_id)
    if destination is not None:
        query = query.where(table.destination == destination)
    states = dict.fromkeys(PushState, 0)
    retries = 0
    for state, count, tries in connection.execute(query):
        states[PushState(state)] = count
        retries += int(tries)
    return PushCounts(states, retries)


def _of_record(integration_id: str, kind: str, external_id: str, destination: str) -> tuple[ColumnElement[bool], ...]:
    """The pushes of one record to one destination."""
    table = pushes.c
    return (
        table.integration_id == integration_id,
        table.kind == kind,
        table.external_id == external_id,
        table.destination == destination,
    )


def _anew(at: datetime) -> dict[str, Any]:
    """The values of a push that is due from now on, as if it had not been tried."""
    return {"state": PushState.PENDING.value, "attempts": 0, "due_at": at, "note": None, "updated_at": at}
