"""Grouping, isolation and the moment at which an answer is given. What is of SQLite alone is marked so."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import Engine

from runner.errors import StoreError, StoreUnavailable
from runner.store.database import Database
from runner.store.works import after_commit


def insert(name: str) -> Callable[[Connection], None]:
    return lambda connection: put(connection, name)


def put(connection: Connection, name: str) -> None:
    connection.execute(text("INSERT INTO sequences (name, value) VALUES (:name, 1)"), {"name": name})


def names(connection: Connection) -> set[str]:
    return set(connection.scalars(text("SELECT name FROM sequences")))


class Gate:
    """Holds the writer inside one work, so that others queue up behind it."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()

    def work(self, _: Connection) -> None:
        self.entered.set()
        assert self.open.wait(60)

    async def close_behind(self, database: Database) -> asyncio.Task[None]:
        task = asyncio.create_task(database.write(self.work))
        await asyncio.to_thread(self.entered.wait, 10)
        return task


@pytest.mark.sqlite_only
async def test_waiting_works_share_one_commit(database: Database) -> None:
    commits = 0

    def count(_: Connection) -> None:
        nonlocal commits
        commits += 1

    gate = Gate()
    first = await gate.close_behind(database)
    works = [asyncio.create_task(database.write(insert(str(number)))) for number in range(50)]
    await asyncio.sleep(0)
    event.listen(Engine, "commit", count)
    try:
        gate.open.set()
        await asyncio.gather(first, *works)
    finally:
        event.remove(Engine, "commit", count)
    assert commits == 2  # the one that was held, and the fifty together


@pytest.mark.sqlite_only
async def test_rows_of_one_batch_are_handed_over_together(database: Database) -> None:
    calls: list[list[int]] = []

    def batch(_: Connection, rows: list[int]) -> list[int]:
        calls.append(rows)
        return [row * 2 for row in rows]

    gate = Gate()
    first = await gate.close_behind(database)
    tasks = [asyncio.create_task(database.append(batch, number)) for number in range(20)]
    await asyncio.sleep(0)
    gate.open.set()
    assert await asyncio.gather(*tasks) == [number * 2 for number in range(20)]
    await first
    assert calls == [list(range(20))]


async def test_a_failed_work_leaves_the_others_of_its_group_alone(database: Database) -> None:
    def broken(connection: Connection) -> None:
        put(connection, "half done")
        raise LookupError("on purpose")

    gate = Gate()
    first = await gate.close_behind(database)
    tasks = [asyncio.create_task(database.write(work)) for work in (insert("a"), broken, insert("b"))]
    await asyncio.sleep(0)
    gate.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await first
    assert [type(result) for result in results] == [type(None), LookupError, type(None)]
    assert await database.read(names) == {"a", "b"}


async def test_a_bad_row_fails_alone(database: Database) -> None:
    def batch(connection: Connection, rows: list[str]) -> list[str]:
        for row in rows:
            put(connection, row)
            if row == "bad":
                raise LookupError(row)
        return rows

    gate = Gate()
    first = await gate.close_behind(database)
    tasks = [asyncio.create_task(database.append(batch, row)) for row in ("a", "bad", "b")]
    await asyncio.sleep(0)
    gate.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await first
    assert results[0::2] == ["a", "b"]
    assert isinstance(results[1], LookupError)
    assert await database.read(names) == {"a", "b"}


async def test_a_lone_work_that_fails_leaves_nothing(database: Database) -> None:
    def broken(connection: Connection) -> None:
        put(connection, "half done")
        raise LookupError("on purpose")

    with pytest.raises(LookupError, match="on purpose"):
        await database.write(broken)
    await database.write(insert("a"))
    assert await database.read(names) == {"a"}


async def test_rows_of_one_batch_need_no_savepoint(database: Database) -> None:
    savepoints = 0

    def note(_: Connection, __: str | None) -> None:
        nonlocal savepoints
        savepoints += 1

    def batch(_: Connection, rows: list[int]) -> list[int]:
        return rows

    event.listen(Engine, "savepoint", note)
    try:
        await asyncio.gather(*(database.append(batch, row) for row in range(3)))
        assert savepoints == 0
        await database.write(lambda connection: connection.begin_nested().commit())
        assert savepoints == 1
    finally:
        event.remove(Engine, "savepoint", note)


async def test_a_batch_that_loses_results_is_refused_and_undone(database: Database) -> None:
    def batch(connection: Connection, rows: list[str]) -> list[str]:
        put(connection, rows[0])
        return []

    with pytest.raises(StoreError, match="0 results for 1 rows"):
        await database.append(batch, "a")
    assert await database.read(names) == set()


@pytest.mark.sqlite_only
async def test_nothing_is_acknowledged_when_the_transaction_ended_by_itself(database: Database) -> None:
    """As SQLite does on a full disk: what ran before is gone though nobody rolled it back."""
    gate = Gate()
    first = await gate.close_behind(database)
    works = (insert("lost"), lambda connection: connection.exec_driver_sql("ROLLBACK"))
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(database.write(work)) for work in works]
    await asyncio.sleep(0)
    gate.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await first
    assert [type(result) for result in results] == [StoreUnavailable, StoreUnavailable]
    await database.write(insert("after"))
    assert await database.read(names) == {"after"}


@pytest.mark.sqlite_only
async def test_too_many_waiting_works_are_refused(database_url: str) -> None:
    database = Database.open(database_url, waiting=2)
    gate = Gate()
    first = await gate.close_behind(database)
    tasks = [asyncio.create_task(database.write(insert(name))) for name in "ab"]
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="busy"):
        await database.write(insert("c"))
    gate.open.set()
    await asyncio.gather(first, *tasks)
    assert await database.read(names) == {"a", "b"}
    await database.close()


async def test_a_cancelled_caller_does_not_disturb_the_writer(database: Database) -> None:
    gate = Gate()
    first = await gate.close_behind(database)
    task = asyncio.create_task(database.write(insert("cancelled")))
    await asyncio.sleep(0)
    task.cancel()
    gate.open.set()
    await first
    await database.write(insert("next"))
    assert await database.read(names) == {"cancelled", "next"}


def test_a_closed_loop_does_not_disturb_the_writer(database_url: str) -> None:
    database = Database.open(database_url)
    gate = Gate()

    async def leave() -> None:
        task = await gate.close_behind(database)
        task.cancel()

    asyncio.run(leave())
    gate.open.set()

    async def go_on() -> set[str]:
        await database.write(insert("next"))
        found = await database.read(names)
        await database.close()
        return found

    assert asyncio.run(go_on()) == {"next"}


async def test_what_is_to_follow_a_commit_follows_it_once(database: Database) -> None:
    seen: list[str] = []

    def look() -> None:
        seen.append("committed")

    def work(connection: Connection) -> None:
        after_commit(connection, look)
        after_commit(connection, look)
        assert seen == []

    await database.write(work)
    await database.write(insert("a"))
    assert seen == ["committed"]


async def test_a_work_that_ends_with_stop_iteration_is_answered(database: Database) -> None:
    empty: list[int] = []
    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(database.write(lambda _: next(iter(empty))), 60)


async def test_an_error_of_the_driver_shows_neither_sql_nor_values(database: Database) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        await database.write(lambda connection: connection.execute(text("INSERT INTO nowhere VALUES ('s3cret')")))
    assert "s3cret" not in str(caught.value)
    assert "runner doctor" in str(caught.value)


async def test_after_close_nothing_is_taken(database_url: str) -> None:
    database = Database.open(database_url)
    queued = [asyncio.create_task(database.write(insert(str(number)))) for number in range(10)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*queued)
    with pytest.raises(StoreUnavailable, match="closed"):
        await database.write(insert("late"))


class Counting:
    """Notes which rows it was handed at a time."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.calls: list[list[int]] = []

    def batch(self, _: Connection, rows: list[int]) -> list[int]:
        self.calls.append(rows)
        return rows

    def row(self, number: int) -> asyncio.Task[int]:
        return asyncio.create_task(self.database.append(self.batch, number))

    async def at_once(self, *numbers: int) -> None:
        """Have rows written in one group."""
        gate = Gate()
        held = await gate.close_behind(self.database)
        rows = [self.row(number) for number in numbers]
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(held, *rows)


@pytest.fixture
async def patient(database_url: str) -> AsyncIterator[Counting]:
    """Over a database that waits long for one more row."""
    opened = Database.open(database_url, pause=60)
    yield Counting(opened)
    await opened.close()


@pytest.mark.sqlite_only
async def test_as_many_rows_as_came_at_once_are_waited_for(patient: Counting) -> None:
    await patient.at_once(1, 2, 3)
    first = patient.row(4)
    await asyncio.sleep(0.01)
    await asyncio.gather(first, patient.row(5), patient.row(6))
    assert patient.calls == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.sqlite_only
async def test_a_row_that_comes_alone_is_not_kept_waiting(patient: Counting) -> None:
    await patient.row(1)
    await patient.row(2)
    assert patient.calls == [[1], [2]]


@pytest.mark.sqlite_only
async def test_a_work_is_done_at_once_with_the_rows_that_gather(patient: Counting) -> None:
    await patient.at_once(1, 2, 3)
    row = patient.row(4)
    await asyncio.sleep(0)
    assert await patient.database.write(lambda _: "done") == "done"
    assert await row == 4


@pytest.mark.sqlite_only
async def test_rows_that_gather_are_written_before_the_end(patient: Counting) -> None:
    await patient.at_once(1, 2, 3)
    row = patient.row(4)
    await asyncio.sleep(0)
    await patient.database.close()
    assert await row == 4


@pytest.mark.sqlite_only
async def test_when_no_more_rows_come_those_that_are_there_are_written(database: Database) -> None:
    counting = Counting(database)
    await counting.at_once(1, 2, 3)
    assert await counting.row(4) == 4
