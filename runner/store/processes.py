"""Table processes: who runs now. Each process keeps its own row young, and removes it when it ends in order."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Integer, Row, String, Table, Text, delete, func, select

from runner.model.process import Process
from runner.store.columns import UtcDateTime, metadata
from runner.store.queue import is_dead
from runner.store.statements import insert

LOST = timedelta(minutes=5)
"""Who is silent for so long does nothing any more: also a process that was held up, or cut off, has ended its calls."""

processes = Table(
    "processes",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("parts", Text, nullable=False),
    Column("version", String(64), nullable=False),
    Column("revision", String(32), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)


def clock(connection: Connection, now: datetime) -> datetime:
    """The time by which beats are told: that of the server, since the clocks of hosts may differ, and jump. The
    processes on a file are on one machine: `now`."""
    if connection.dialect.name != "postgresql":
        return now
    found: datetime = connection.scalar(select(func.clock_timestamp(type_=UtcDateTime)))  # type: ignore[assignment]  # is never NULL
    return found


def beat(connection: Connection, process: Process) -> None:
    """Say that it lives; its row is made where there is none."""
    values = {**asdict(process), "parts": " ".join(sorted(process.parts))}
    statement = insert(connection.dialect.name, processes).values(values)
    again = statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": process.seen_at})
    connection.execute(again)


def end(connection: Connection, process_id: str) -> None:
    """It ended in order: nobody has to look for it."""
    connection.execute(delete(processes).where(processes.c.id == process_id))


def alive(connection: Connection, now: datetime) -> list[Process]:
    """Those that live, the oldest first: seen of late, and not known to be dead on this machine."""
    found = connection.execute(select(processes).order_by(processes.c.since, processes.c.id))
    everyone = [_process(row) for row in found]
    return [one for one in everyone if not one.is_silent(now) and not is_dead(one.id)]


def is_gone(connection: Connection, process_id: str, now: datetime) -> bool:
    """Whether a process is known to be no more: it died on this machine, or went silent long ago without a farewell.
    Of one that never said that it lives, nobody knows."""
    if is_dead(process_id):
        return True
    mine = processes.c.id.startswith(process_id, autoescape=True)
    last: datetime | None = connection.scalar(select(func.max(processes.c.seen_at, type_=UtcDateTime)).where(mine))
    return last is not None and now - last > LOST


def last_worker(connection: Connection) -> datetime | None:
    """When a worker was last seen, alive or dead; None when none is remembered."""
    query = select(func.max(processes.c.seen_at, type_=UtcDateTime)).where(processes.c.parts.contains("worker"))
    found: datetime | None = connection.scalar(query)
    return found


def prune(connection: Connection, before: datetime) -> int:
    """Forget those that were not seen since then."""
    return connection.execute(delete(processes).where(processes.c.seen_at < before)).rowcount


def _process(row: Row[Any]) -> Process:
    return Process(**{**row._mapping, "parts": frozenset(row.parts.split())})
