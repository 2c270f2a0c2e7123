"""What several processes, hosts and a server that restarts ask of the queue on PostgreSQL."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from runner.errors import SettingsError
from runner.model.wakeup import WakeUp
from runner.store import jobs
from runner.store.database import Database
from runner.store.distributed import DistributedQueue, require_fitting
from runner.store.migration import FOLDER
from tests.databases import Databases
from tests.store.conftest import NOW, later

ROOT = Path(__file__).parents[2]
EVENTS = WakeUp("events", "i1")
LEASE = timedelta(seconds=30)
BLOCKED = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

LISTENING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    with databases.lend() as lent:
        yield lent


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    yield made
    made.dispose()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[tuple[Database, DistributedQueue]]:
    database = Database.open(url)
    queue = DistributedQueue(database)
    yield database, queue
    await queue.close()
    await database.close()


@contextmanager
def while_it_blocks(engine: Engine, work: Callable[[Connection], object]) -> Iterator[Future[object]]:
    """`work` in a transaction that has come to a lock of somebody else's; it is waited for at the end."""

    def run() -> object:
        with engine.begin() as connection:
            return work(connection)

    with ThreadPoolExecutor(1) as thread, engine.connect() as watching:
        running = thread.submit(run)
        while not watching.scalar(BLOCKED):
            assert not running.done(), "nothing held it up"
            watching.rollback()
        yield running


def take(connection: Connection) -> list[str]:
    return [one.wakeup.key for one in jobs.take(connection, "w", 10, later(30), NOW, None)]


def rows(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT key, state, attempts FROM wakeups ORDER BY id")).all()
    return [tuple(row) for row in found]


def test_what_somebody_is_putting_is_not_taken_before_it_can_be_read(engine: Engine) -> None:
    """Else it would be done with before there was anything to see."""
    with engine.begin() as connection:
        jobs.put_all(connection, [EVENTS])
    with engine.begin() as web, engine.begin() as worker:
        jobs.put_all(web, [EVENTS])
        assert jobs.due(worker, 10, NOW, None) == 1
        assert take(worker) == []
    with engine.begin() as worker:
        assert take(worker) == [EVENTS.key]


def test_two_put_what_waits_already_and_none_waits_for_the_other(engine: Engine) -> None:
    with engine.begin() as connection:
        jobs.put_all(connection, [EVENTS, replace(EVENTS, subject="i2")])
    with engine.begin() as first, engine.begin() as second:
        jobs.put_all(first, [EVENTS])
        jobs.put_all(second, [replace(EVENTS, subject="i2")])
        jobs.put_all(second, [EVENTS])
        jobs.put_all(first, [replace(EVENTS, subject="i2")])
    assert len(rows(engine)) == 2


def test_two_put_a_new_key_at_once(engine: Engine) -> None:
    with engine.connect() as first:
        jobs.put_all(first, [EVENTS])
        more = [replace(EVENTS, priority=3), replace(EVENTS, subject="i2")]
        with while_it_blocks(engine, lambda second: jobs.put_all(second, more)):
            first.commit()
    with engine.begin() as connection:
        taken = jobs.take(connection, "w", 10, later(30), NOW, None)
    assert [(one.wakeup.subject, one.wakeup.priority) for one in taken] == [("i1", 3), ("i2", 0)]


def test_a_key_is_put_at_the_moment_at_which_it_is_given_back(engine: Engine) -> None:
    with engine.begin() as connection:
        jobs.put_all(connection, [EVENTS])
        (taken,) = jobs.take(connection, "w", 10, later(30), NOW, None)
    with engine.connect() as web:
        jobs.put_all(web, [EVENTS])
        with while_it_blocks(engine, lambda worker: jobs.retry_at(worker, taken, later(60), "away")) as retrying:
            web.commit()
        assert retrying.result() is True
    assert rows(engine) == [(EVENTS.key, "waiting", 1)]
    with engine.begin() as connection:
        assert take(connection) == [EVENTS.key]


async def test_two_that_put_new_keys_in_another_order_both_come_through(url: str) -> None:
    """PostgreSQL ends one of them, which is then run again."""
    first, second, met = WakeUp("events", "i1"), WakeUp("events", "i2"), Barrier(2)
    runs: list[str] = []

    async def put(database: Database, queue: DistributedQueue, *order: WakeUp) -> None:
        def work(connection: Connection) -> None:
            runs.append(order[0].key)
            queue.put(connection, order[0])
            if runs.count(order[0].key) == 1:
                met.wait(60)
            queue.put(connection, order[1])

        await database.write(work)

    async with opened(url) as here, opened(url) as elsewhere:
        await asyncio.gather(put(*here, first, second), put(*elsewhere, second, first))
        assert len(runs) == 3
        assert await here[1].depth() == {"waiting": 2, "running": 0}


def test_a_note_may_hold_any_character(engine: Engine) -> None:
    with engine.begin() as connection:
        jobs.put_all(connection, [EVENTS])
        (taken,) = jobs.take(connection, "w", 10, later(30), NOW, None)
        assert jobs.retry_at(connection, taken, NOW, "a\0b")
        assert connection.scalar(text("SELECT note FROM wakeups")) == "a\u2400b"


def test_what_is_done_leaves_nothing_behind(engine: Engine) -> None:
    with engine.begin() as connection:
        jobs.put_all(connection, [EVENTS])
        (taken,) = jobs.take(connection, "w", 10, later(30), NOW, None)
        assert jobs.settle(connection, taken)
        for table in ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


async def test_a_waiter_hears_of_what_another_process_puts(url: str) -> None:
    async with opened(url) as (_, queue), opened(url) as (elsewhere, other):
        await queue.wait(0)
        while not await elsewhere.read(lambda connection: connection.scalar(LISTENING)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await elsewhere.write(lambda connection: other.put(connection, EVENTS))
        while not await queue.take("w", 1, LEASE, NOW):  # it also rings when it begins to listen
            assert await queue.wait(60)


async def begun(url: str, *more: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    words = ("-m", "tests.store.taking", url, *more)
    process = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_two_processes_take_no_key_twice(url: str) -> None:
    keys = [WakeUp("sync", str(number)) for number in range(60)]
    async with opened(url) as (database, queue):
        await database.write(lambda connection: queue.put_all(connection, keys))
        processes = await asyncio.gather(begun(url), begun(url))
        told = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
        taken = [line.split()[0].decode() for out, _ in told for line in out.splitlines()]
        assert sorted(taken) == sorted(one.key for one in keys)
        assert await queue.depth() == {"waiting": 0, "running": 0}


async def test_what_a_killed_process_held_is_taken_over(url: str) -> None:
    async with opened(url) as (database, queue):
        await database.write(lambda connection: queue.put(connection, EVENTS))
        killed = await begun(url, "hold")
        assert killed.stdin is not None
        assert killed.stdout is not None
        killed.stdin.write(b"go\n")
        assert (await killed.stdout.readline()).split()[0].decode() == EVENTS.key
        assert await queue.sweep(NOW) == 0
        killed.kill()
        await killed.communicate()
        assert await queue.sweep(NOW) == 1
        (taken,) = await queue.take("w", 1, LEASE, NOW)
        assert taken.wakeup.attempts == 1


async def test_what_another_host_held_is_taken_over_when_its_lease_ends(url: str) -> None:
    async with opened(url) as (database, queue):
        await database.write(lambda connection: queue.put(connection, EVENTS))
        await queue.take("elsewhere.example:4711:abc-def", 1, LEASE, NOW)
        assert await queue.sweep(later(30)) == 0
        assert await queue.sweep(later(31)) == 1


def test_the_tables_are_those_of_the_installed_version() -> None:
    """A newer version comes with a migration of ours that makes what its own make."""
    made = (FOLDER / "procrastinate_3_10.sql").read_text(encoding="utf-8")
    assert made == (files("procrastinate.sql") / "schema.sql").read_text(encoding="utf-8")
    require_fitting(version("procrastinate"))


@pytest.mark.parametrize("installed", ["3.9.0", "3.11.0", "4.0.0", "3.1"])
def test_another_version_is_refused(installed: str) -> None:
    with pytest.raises(SettingsError, match=r"pip install 'procrastinate==3.10.\*'"):
        require_fitting(installed)
