"""An export taken into an empty database: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert
from sqlalchemy.exc import DataError, IntegrityError

from runner.errors import ExportRefused
from runner.model.wakeup import WakeUp
from runner.store.migration import newest
from runner.store.moving import carried, counters
from runner.store.moving.export import WAKEUP, Hear, take_time
from runner.store.moving.form import Header, Row, Section, Value, parts, readers
from runner.store.queue import Queue
from runner.store.statements import CHUNK
from runner.store.tables import metadata

Part = tuple[Section, list[dict[str, Any]]]


def take_in(connection: Connection, queue: Queue, lines: Iterable[bytes], hear: Hear) -> Header:
    """Store what the lines hold, in the caller's transaction, which is to be undone when this raises.

    ExportRefused when the database is not empty, or the file is not whole, not of this version, or not taken by it.
    """
    take_time(connection)
    _require_empty(connection)
    for name in carried.REFILLED:
        connection.execute(delete(metadata.tables[name]))
    header, found = _opened(lines)
    for section, rows in _counted(header, found, hear):
        if section.table == "wakeups":
            for row in rows:
                queue.put(connection, WakeUp(**row))
        else:
            _insert(connection, metadata.tables[section.table], rows)
    counters.restore(connection, carried.tables(), header.counters)
    return header


def check(lines: Iterable[bytes], hear: Hear) -> Header:
    """Read all of it and store nothing; raises ExportRefused as `take_in` does for a file that it cannot take."""
    header, found = _opened(lines)
    for _ in _counted(header, found, hear):
        pass
    return header


def _require_empty(connection: Connection) -> None:
    if (name := carried.first_filled(connection)) is not None:
        raise ExportRefused(
            f"the database {connection.engine.url} is not empty: there are {name} (an import goes into an empty one "
            "only; set RUNNER_DATABASE_URL to a new one)"
        )


def _opened(lines: Iterable[bytes]) -> tuple[Header, Iterator[Header | Section | Row]]:
    found = parts(lines)
    header = next(found)
    assert isinstance(header, Header), "the first part of an export is its header"
    if header.schema != newest():
        raise ExportRefused(
            f"the export is of schema {header.schema}, and this version of the runner has {newest()} (export and "
            f"import with one version; the export was made by {header.made_by})"
        )
    if unlike := sorted(set(header.rows) ^ {*carried.CARRIED, "wakeups"}):
        raise ExportRefused(f"the export has other tables than this version of the runner: {', '.join(unlike)}")
    return header, found


def _counted(header: Header, found: Iterator[Header | Section | Row], hear: Hear) -> Iterator[Part]:
    """The parts; at the end, each table must have had as many rows as the header says."""
    seen: dict[str, int] = {}
    for section, rows in _sections(found):
        seen[section.table] = seen.get(section.table, 0) + len(rows)
        yield section, rows
        hear(section.table, sum(seen.values()), header.total)
    short = sorted(name for name in header.rows if seen.get(name, 0) != header.rows[name])
    if short:
        name = short[0]
        raise ExportRefused(f"the export holds {seen.get(name, 0)} of {header.rows[name]} {name} (export again)")


def _sections(found: Iterator[Header | Section | Row]) -> Iterator[Part]:
    section, make, rows = None, list[Value](), list[dict[str, Any]]()
    for one in found:
        if isinstance(one, list):
            rows.append(_row(section, make, one))
            if len(rows) < CHUNK:
                continue
        if section is not None:
            yield section, rows
            rows = []
        if isinstance(one, Section):
            section, make = one, _readers(one)
    if section is not None:
        yield section, rows


def _readers(section: Section) -> list[Value]:
    if section.table == "wakeups":
        expected, made = WAKEUP, _readers_of_wakeups()
    else:
        table = metadata.tables.get(section.table) if section.table in carried.CARRIED else None
        columns = list(table.columns) if table is not None else []
        expected, made = tuple(column.name for column in columns), readers(columns)
    if section.columns != expected:
        raise ExportRefused(f"the columns of {section.table} in the export are not those of this version of the runner")
    return made


def _row(section: Section | None, make: list[Value], values: Row) -> dict[str, Any]:
    try:
        assert section is not None
        return {name: read(value) for name, read, value in zip(section.columns, make, values, strict=True)}
    except (AssertionError, ValueError, TypeError):
        where = f"a row of {section.table}" if section is not None else "a row before any table"
        raise ExportRefused(f"the export holds {where} that is none (it was altered; export again)") from None


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    try:
        connection.execute(insert(table), rows)
    except (DataError, IntegrityError) as error:
        words = " ".join(str(error.orig).split())[:200]
        raise ExportRefused(f"the database does not take a row of {table.name}: {words}") from None


def _readers_of_wakeups() -> list[Value]:
    return [_moment if name == "run_at" else _same for name in WAKEUP]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def _same(value: Any) -> Any:
    return value
