"""A migrated database for each test, copied from one that is migrated once; and a bare connection to one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, make_url

from runner.store import postgresql, sqlite
from runner.store.database import Database

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def open_engine(url: str) -> Engine:
    """As `Database` opens it, for one who writes."""
    return (postgresql if url.startswith("postgresql") else sqlite).open_engine(make_url(url), 2, write=True)


@contextmanager
def statements(connection: Connection) -> Iterator[list[str]]:
    """What the database is asked to run; SQLite with the values in it."""
    ran: list[str] = []
    if connection.dialect.name == "postgresql":
        with _noted(connection) as noted:
            yield ran
        ran.extend(text for text, _ in noted)
        return
    driver: Any = connection.connection.driver_connection
    driver.set_trace_callback(ran.append)
    yield ran
    driver.set_trace_callback(None)


def plan(connection: Connection, query: Callable[[], object], *, forced: bool = True) -> str:
    """How the database goes about the last statement that `query` runs; PostgreSQL, `forced`, by an index if it can."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL enable_seqscan = {'off' if forced else 'on'}")
        with _noted(connection) as noted:
            query()
        text, values = noted[-1]
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {text}", values).scalars())
    with statements(connection) as ran:
        query()
    driver: Any = connection.connection.driver_connection
    return str(driver.execute(f"EXPLAIN QUERY PLAN {ran[-1]}").fetchall())


@contextmanager
def _noted(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    noted: list[tuple[str, Any]] = []

    def note(_: Connection, __: Any, text: str, values: Any, *___: Any) -> None:
        noted.append((text, values))

    event.listen(connection, "before_cursor_execute", note)
    yield noted
    event.remove(connection, "before_cursor_execute", note)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """Without a `Database` around it."""
    engine = open_engine(database_url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database.open(database_url)
    yield opened
    await opened.close()
