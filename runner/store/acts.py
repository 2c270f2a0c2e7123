"""Table acts: actions that were asked for by hand, each done once by its key."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    select,
    update,
)

from runner.model.act import Act, ActState
from runner.store.columns import Json, UtcDateTime, metadata
from runner.store.statements import insert

acts = Table(
    "acts",
    metadata,
    Column("integration_id", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("action", Text, nullable=False),
    Column("input", Json, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("result", Json),
    Column("made_id", Text),
    Column("note", Text),
    Column("words", Text, nullable=False),
    Column("status", Integer),
    Column("process", String(255)),
    Index("ix_acts_made", "integration_id", "action", "made_id"),
    Index("ix_acts_at", "at"),
)


def begin(connection: Connection, act: Act) -> Act | None:
    """Remember it before it is sent; where its key is taken, the act that has it."""
    statement = insert(connection.dialect.name, acts).values(_values(act))
    if connection.execute(statement.on_conflict_do_nothing()).rowcount:
        return None
    return get(connection, act.integration_id, act.key)


def get(connection: Connection, integration_id: str, key: str) -> Act | None:
    """The act of that key."""
    row = connection.execute(select(acts).where(*_is(integration_id, key))).one_or_none()
    return _act(row) if row is not None else None


def move(connection: Connection, former: Act, now: Act) -> bool:
    """Put `now` in the place of `former`; False when somebody else moved it meanwhile."""
    same = (*_is(former.integration_id, former.key), acts.c.state == former.state.value, acts.c.at == former.at)
    return bool(connection.execute(update(acts).where(*same).values(_values(now))).rowcount)


def end(connection: Connection, begun: Act, ended: Act) -> bool:
    """Keep what came of an act, also where it was given up meanwhile; False when it was begun anew since."""
    undecided = acts.c.state.in_((ActState.SENT.value, ActState.UNKNOWN.value))
    same = (*_is(begun.integration_id, begun.key), acts.c.at == begun.at, undecided)
    return bool(connection.execute(update(acts).where(*same).values(_values(ended))).rowcount)


def forget(connection: Connection, act: Act) -> None:
    """It was not done: its key is free, unless it was begun anew since."""
    connection.execute(delete(acts).where(*_is(act.integration_id, act.key), acts.c.at == act.at))


def is_made(connection: Connection, integration_id: str, action: str, made_id: str) -> bool:
    """Whether an earlier act of this sort made the thing with this id."""
    table = acts.c
    same = (table.integration_id == integration_id, table.action == action, table.made_id == made_id)
    return connection.scalar(select(table.key).where(*same).limit(1)) is not None


def find(
    connection: Connection, integration_id: str | None = None, state: ActState | None = None, limit: int = 100
) -> list[Act]:
    """The latest first."""
    query = select(acts).order_by(acts.c.at.desc(), acts.c.key).limit(limit)
    if integration_id is not None:
        query = query.where(acts.c.integration_id == integration_id)
    if state is not None:
        query = query.where(acts.c.state == state.value)
    return [_act(row) for row in connection.execute(query)]


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Remove acts older than that, whatever came of them."""
    old = select(acts.c.integration_id, acts.c.key).where(acts.c.at < before).order_by(acts.c.at).limit(limit)
    gone = [tuple(row) for row in connection.execute(old)]
    for integration_id, key in gone:
        connection.execute(delete(acts).where(*_is(integration_id, key)))
    return len(gone)


def _is(integration_id: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return acts.c.integration_id == integration_id, acts.c.key == key


def _values(act: Act) -> dict[str, object]:
    return {**asdict(act), "state": act.state.value}


def _act(row: Row[tuple[object, ...]]) -> Act:
    values = dict(row._mapping)
    return Act(**{**values, "state": ActState(values["state"])})
