"""Everything that a database holds, written out as it is at one moment, while others go on with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table

from runner import __version__
from runner.model.wakeup import WakeUp
from runner.store.columns import utc_text
from runner.store.migration import newest
from runner.store.moving import carried, counters
from runner.store.moving.closing import is_closed
from runner.store.moving.form import Header, Lines, writers
from runner.store.queue import Queue
from runner.store.statements import CHUNK

Hear = Callable[[str, int, int], None]
"""Told of each part of a table: its name, how many rows are done of all tables, and how many there are."""

WAKEUP = tuple(item.name for item in fields(WakeUp))


def export(connection: Connection, queue: Queue, at: datetime, put: Callable[[bytes], object], hear: Hear) -> Header:
    """Hand all lines of the export to `put`; what it holds was there at one moment, the reader's.

    A thousand rows are in memory at a time. Secrets are sealed in it as they are in the database; bodies and records
    are in it as they are.
    """
    take_time(connection)
    wakeups = [_plain(wakeup) for wakeup in queue.listed(connection)]
    rows = carried.counts(connection) | {"wakeups": len(wakeups)}
    given = counters.read(connection, carried.tables())
    closed = is_closed(connection)
    header = Header(newest(), __version__, utc_text(at), connection.dialect.name, closed, rows, given)
    lines, done = Lines(put), 0
    lines.add([header.line()])
    for table in carried.tables():
        lines.add([{"table": table.name, "columns": [column.name for column in table.columns]}])
        for part in _parts(connection, table):
            lines.add(part)
            done += len(part)
            hear(table.name, done, header.total)
    lines.add([{"table": "wakeups", "columns": WAKEUP}, *wakeups])
    hear("wakeups", header.total, header.total)
    lines.end()
    return header


def take_time(connection: Connection) -> None:
    """No time-out for what this transaction does: whoever asked for it waits."""
    if connection.dialect.name == "postgresql":
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {name} = 0")


def _parts(connection: Connection, table: Table) -> Iterator[list[list[Any]]]:
    made = writers(table.columns)
    query = carried.rows_of(table).order_by(*table.primary_key.columns)
    with connection.execution_options(yield_per=CHUNK).execute(query) as result:
        for part in result.partitions():
            yield [[make(value) for make, value in zip(made, row, strict=True)] for row in part]


def _plain(wakeup: WakeUp) -> list[Any]:
    values = asdict(wakeup)
    return [*(values | {"run_at": utc_text(wakeup.run_at) if wakeup.run_at else None}).values()]
