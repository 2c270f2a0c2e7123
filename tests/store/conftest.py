"""A migrated database for each test, copied from one that is migrated once; and a bare connection to one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event

from runner.store.database import Database

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def plan(connection: Connection, query: Callable[[], object]) -> str:
    """How SQLite goes about the last statement that `query` runs."""
    ran: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        ran.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    query()
    event.remove(connection, "before_cursor_execute", note)
    statement, values = ran[-1]
    return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())


@pytest.fixture
def connection(path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as opened:
        yield opened
    engine.dispose()


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    opened = Database.open(f"sqlite:///{path}")
    yield opened
    await opened.close()
