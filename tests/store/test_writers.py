"""Writing to PostgreSQL: what meets another transaction, what breaks, and what waits for ever elsewhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from runner.errors import StoreError, StoreUnavailable
from runner.store.database import Database
from tests import postgres
from tests.databases import Databases
from tests.store.conftest import open_engine


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    with databases.lend() as lent:
        yield lent


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = Database.open(url)
    yield opened
    await opened.close()


def put(connection: Connection, name: str, value: int = 1) -> None:
    statement = text("INSERT INTO sequences VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value")
    connection.execute(statement, {"name": name, "value": value})


def names(connection: Connection) -> set[str]:
    return set(connection.scalars(text("SELECT name FROM sequences")))


def kill_itself(connection: Connection) -> None:
    connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def crossing(meeting: threading.Barrier, first: str, second: str, tries: list[str]) -> Callable[[Connection], None]:
    """Writes both, and between them waits for the other, the first time."""

    def work(connection: Connection) -> None:
        tries.append(first)
        put(connection, first)
        if tries.count(first) == 1:
            meeting.wait(60)
        put(connection, second)

    return work


async def test_two_that_wait_for_each_other_are_both_stored(database: Database, url: str) -> None:
    meeting, tries, other = threading.Barrier(2), list[str](), Database.open(url)
    await asyncio.gather(
        database.write(crossing(meeting, "a", "b", tries)), other.write(crossing(meeting, "b", "a", tries))
    )
    await other.close()
    assert await database.read(names) == {"a", "b"}
    assert len(tries) == 3  # one of them twice


async def test_works_of_one_process_do_not_wait_for_each_other(database: Database) -> None:
    meeting = threading.Barrier(2)
    assert {0, 1} == set(await asyncio.gather(*(database.write(lambda _: meeting.wait(60)) for _ in range(2))))


async def test_rows_that_come_while_a_batch_is_written_are_written_together(database: Database) -> None:
    entered, gate, calls = threading.Event(), threading.Event(), list[list[int]]()

    def batch(_: Connection, rows: list[int]) -> list[int]:
        calls.append(rows)
        entered.set()
        assert gate.wait(60)
        return [row * 2 for row in rows]

    first = asyncio.create_task(database.append(batch, 0))
    await asyncio.to_thread(entered.wait, 60)
    rest = [asyncio.create_task(database.append(batch, number)) for number in range(1, 20)]
    await asyncio.sleep(0)
    gate.set()
    assert await asyncio.gather(first, *rest) == [number * 2 for number in range(20)]
    assert calls == [[0], list(range(1, 20))]


async def test_what_comes_on_top_is_refused(url: str) -> None:
    database, gate = Database.open(url, waiting=2, pool=4), threading.Event()
    entered = threading.Semaphore(0)

    def hold(_: Connection) -> None:
        entered.release()
        assert gate.wait(60)

    held = [asyncio.create_task(database.write(hold)) for _ in range(2)]
    for _ in held:
        await asyncio.to_thread(entered.acquire)
    held += [asyncio.create_task(database.write(hold)) for _ in range(2)]
    await asyncio.sleep(0)
    assert database.waiting == 2
    with pytest.raises(StoreUnavailable, match="busy"):
        await database.write(hold)
    gate.set()
    await asyncio.gather(*held)
    await database.close()


async def test_a_connection_that_broke_before_the_commit_costs_nothing(database: Database) -> None:
    tries = []

    def work(connection: Connection) -> None:
        tries.append(1)
        put(connection, "a")
        if len(tries) == 1:
            kill_itself(connection)

    await database.write(work)
    assert await database.read(names) == {"a"}
    assert len(tries) == 2


async def test_a_commit_without_an_answer_is_not_taken_for_one(database: Database, url: str) -> None:
    def cut(connection: Connection) -> None:
        put(connection, "a")
        driver: Any = connection.connection.driver_connection
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": driver.info.backend_pid})

    engine = open_engine(url)
    with pytest.raises(StoreUnavailable, match="may be stored, or not"):
        await database.write(cut)
    engine.dispose()
    assert await database.read(names) == set()
    await database.write(lambda c: put(c, "b"))


async def test_an_error_that_a_work_keeps_to_itself_is_no_silent_rollback(database: Database) -> None:
    def work(connection: Connection) -> None:
        put(connection, "a")
        try:
            connection.execute(text("SELECT 1 / 0"))
        except Exception:
            return

    with pytest.raises(StoreError, match="went on after an error"):
        await database.write(work)


async def test_a_bad_row_fails_alone(database: Database) -> None:
    def batch(connection: Connection, rows: list[str]) -> list[str]:
        entered.set()
        assert gate.wait(60)
        for row in rows:
            connection.execute(text("INSERT INTO sequences VALUES (:row, 1)"), {"row": row})
        return rows

    gate, entered = threading.Event(), threading.Event()
    first = asyncio.create_task(database.append(batch, "a"))
    await asyncio.to_thread(entered.wait, 60)
    rest = [asyncio.create_task(database.append(batch, row)) for row in ("b", "a", "c")]
    await asyncio.sleep(0)
    gate.set()
    results = await asyncio.gather(first, *rest, return_exceptions=True)
    assert [type(result).__name__ for result in results] == ["str", "str", "IntegrityError", "str"]
    assert await database.read(names) == {"a", "b", "c"}


@pytest.mark.parametrize("setting", ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"])
async def test_nothing_waits_for_ever(database: Database, setting: str) -> None:
    query = text("SELECT setting::int FROM pg_settings WHERE name = :name")
    for found in (
        await database.write(lambda c: c.scalar(query, {"name": setting})),
        await database.read(lambda c: c.scalar(query, {"name": setting})),
    ):
        assert 0 < (found or 0) <= 60_000


async def test_a_row_that_another_holds_too_long_is_told(database: Database, url: str) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("SET LOCAL lock_timeout = 1"))
        put(connection, "a", 2)

    engine = open_engine(url)
    with engine.begin() as holder:
        put(holder, "a")
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            await database.write(work)
    engine.dispose()
    await database.write(work)


async def test_a_text_with_a_nul_shows_it(database: Database) -> None:
    await database.write(lambda c: put(c, "a\0b"))
    assert await database.read(names) == {"a\u2400b"}


async def test_the_server_ends_and_comes_back() -> None:
    server = postgres.start()
    database = Database.open(server.url)
    try:
        await asyncio.to_thread(database.migrate)
        await database.write(lambda c: put(c, "before"))
        await asyncio.to_thread(server.stop)
        with pytest.raises(StoreUnavailable, match=r"cannot (serve|be reached)"):
            await database.write(lambda c: put(c, "meanwhile"))
        with pytest.raises(StoreUnavailable, match=r"cannot (serve|be reached)"):
            await database.read(names)
        await asyncio.to_thread(server.start)
        assert await database.read(names) == {"before"}
        await database.write(lambda c: put(c, "after"))
        assert await database.read(names) == {"before", "after"}
    finally:
        await database.close()
        server.release()
