"""What a store holds, told so that two stores can be compared: without ids and times of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, func, make_url, select

from runner.store.checkpoints import checkpoints
from runner.store.events import events
from runner.store.integrations import integrations
from runner.store.links import links
from runner.store.push_table import pushes
from runner.store.record_table import records
from runner.store.runs import sync_runs
from runner.store.tables import TABLES
from runner.store.wakeups import wakeups
from tests.chaos.cast import HOST

Picture = dict[str, dict[str, Any]]
"""By table, what each thing is, by name."""
KINDS = ("events", "push", "notify", "sync")
"""Wake-ups that end; those that keep tokens alive come again for ever."""


@contextmanager
def looking(url: str) -> Iterator[Engine]:
    """Read-only eyes of our own, which no attack meets."""
    assert TABLES
    parsed = make_url(url)
    driver = "postgresql+psycopg" if parsed.get_backend_name() == "postgresql" else parsed.drivername
    engine = create_engine(parsed.set(drivername=driver), poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


def draw(engine: Engine) -> Picture:
    """All that must be the same in the end, whatever happened on the way. What the host has is not read back here: its
    ids and times are its own; nor is what is deleted: it may have come and gone before anybody looked."""
    with engine.connect() as connection:
        owners: Mapping[str, str] = dict(connection.execute(select(integrations.c.id, integrations.c.connector)).all())
        found = {table: connection.execute(select(table)).all() for table in (records, links, checkpoints, pushes)}
        states = connection.execute(select(integrations.c.connector, integrations.c.state, integrations.c.reason)).all()
    gone = {(row.integration_id, row.kind, row.external_id) for row in found[records] if row.deleted_at is not None}
    return {
        "integrations": {connector: [state, reason] for connector, state, reason in states},
        "records": {
            f"{owners[row.integration_id]} {row.kind} {row.external_id}": {
                "fields": row.fields,
                "inactive": row.inactive,
                "parent": row.parent,
            }
            for row in found[records]
            if owners[row.integration_id] != HOST and row.deleted_at is None
        },
        "links": {
            f"{owners[row.integration_id]} {row.kind} {row.external_id} at {owners[row.destination]}": row.how
            for row in found[links]
        },
        "checkpoints": {
            f"{owners[row.integration_id]} {row.sync}": [row.value, row.progress]
            for row in found[checkpoints]
            if owners[row.integration_id] != HOST
        },
        "pushes": {
            " ".join((row.rule, owners[row.integration_id], row.kind, row.external_id)): [row.state, row.archived]
            for row in found[pushes]
            if (row.integration_id, row.kind, row.external_id) not in gone
        },
    }


def differences(one: Picture, other: Picture) -> list[str]:
    """What is not the same in both, in a line each."""
    return [
        f"{table}: {name}: {one[table].get(name, 'nothing')} in place of {other[table].get(name, 'nothing')}"
        for table in one
        for name in sorted({*one[table], *other[table]})
        if one[table].get(name) != other[table].get(name)
    ]


def told(engine: Engine) -> Counter[tuple[str, str, str]]:
    """Events by connector, key and state."""
    table = events.c
    with engine.connect() as connection:
        query = select(table.connector, table.key, table.state, func.count()).group_by(
            table.connector, table.key, table.state
        )
        return Counter({(connector, key, state): count for connector, key, state, count in connection.execute(query)})


def unfinished(engine: Engine) -> dict[str, int]:
    """What is still to be done, by what it is; empty when all is quiet. A push that waits for a link is at rest."""
    with engine.connect() as connection:
        counts = {
            "events": select(func.count()).where(events.c.state == "pending"),
            "pushes": select(func.count()).where(pushes.c.state == "pending"),
            "runs": select(func.count()).where(sync_runs.c.state == "running"),
            "running wake-ups": select(func.count()).where(wakeups.c.state == "running"),
            "wake-ups": select(func.count()).where(wakeups.c.kind.in_(KINDS)),
        }
        found = {name: connection.execute(query).scalar_one() for name, query in counts.items()}
    return {name: count for name, count in found.items() if count}


def next_due(engine: Engine) -> tuple[datetime, str] | None:
    """When the first of the wake-ups that wait is due, and its key; None where one runs, or none waits."""
    with engine.connect() as connection:
        if connection.execute(select(func.count()).where(wakeups.c.state == "running")).scalar_one():
            return None
        found = connection.execute(
            select(wakeups.c.run_at, wakeups.c.key).where(wakeups.c.kind.in_(KINDS)).order_by(wakeups.c.run_at).limit(1)
        ).first()
        return None if found is None else (found.run_at, found.key)
