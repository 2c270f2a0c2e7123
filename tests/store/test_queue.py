"""The contract of a queue, on each database: the embedded one on SQLite, Procrastinate on PostgreSQL."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from runner.model.wakeup import WakeUp
from runner.store import jobs, wakeups
from runner.store.database import Database
from runner.store.queue import Queue, is_dead, worker_id
from runner.store.store import open_queue
from runner.store.wakeups import Taken
from tests.store.conftest import NOW, later

LEASE = timedelta(seconds=30)
EVENTS = WakeUp("events", "i1")

pytestmark = pytest.mark.each_database


class Bench:
    """A queue and the database that it stands on."""

    def __init__(self, database: Database, queue: Queue) -> None:
        self.database = database
        self.queue = queue

    async def put(self, *given: WakeUp) -> None:
        def work(connection: Connection) -> None:
            for wakeup in given:
                self.queue.put(connection, wakeup)

        await self.database.write(work)

    async def take(self, worker: str = "w", limit: int = 10, at: float = 0) -> list[Taken]:
        return await self.queue.take(worker, limit, LEASE, later(at))

    async def take_one(self, worker: str = "w", at: float = 0) -> Taken:
        (taken,) = await self.take(worker, 10, at)
        return taken

    async def subjects(self, at: float = 0) -> list[str]:
        return [taken.wakeup.subject for taken in await self.take(at=at)]


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    endings: list[Callable[[], Awaitable[None]]] = []
    yield Bench(database, open_queue(database, endings))
    for end in endings:
        await end()


async def test_all_are_listed_as_another_queue_takes_them(bench: Bench) -> None:
    soon = WakeUp("sync", "i1", "jobs", later(60), 2, {"full": True}, attempts=3)
    await bench.put(replace(soon, subject="i2", run_at=None), soon)
    await bench.take()
    listed = await bench.database.read(lambda c: sorted(bench.queue.listed(c), key=lambda one: one.key))
    assert listed == [soon, replace(soon, subject="i2", run_at=None)]


async def test_what_is_put_is_taken_once(bench: Bench) -> None:
    await bench.put(EVENTS)
    assert (await bench.take_one()).wakeup == EVENTS
    assert await bench.take() == []


async def test_a_put_that_is_rolled_back_never_was(bench: Bench) -> None:
    def work(connection: Connection) -> None:
        bench.queue.put(connection, EVENTS)
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        await bench.database.write(work)
    assert await bench.take() == []


async def test_ten_thousand_knocks_are_one_wakeup(bench: Bench) -> None:
    await bench.put(*[EVENTS] * 100)
    assert await bench.queue.depth() == {"waiting": 1, "running": 0}


async def test_a_second_put_keeps_the_earlier_time_and_the_higher_priority(bench: Bench) -> None:
    await bench.put(replace(EVENTS, run_at=later(60), priority=5), replace(EVENTS, run_at=later(10), priority=1))
    await bench.put(replace(EVENTS, run_at=later(90)))
    assert await bench.take(at=9) == []
    assert (await bench.take_one(at=10)).wakeup.priority == 5


async def test_the_options_of_the_later_put_win_when_given(bench: Bench) -> None:
    await bench.put(replace(EVENTS, options={"full": False}), replace(EVENTS, options={"full": True}), EVENTS)
    assert (await bench.take_one()).wakeup.options == {"full": True}


async def test_what_is_not_due_is_not_taken(bench: Bench) -> None:
    await bench.put(replace(EVENTS, run_at=later(60)))
    assert await bench.take(at=59) == []
    assert (await bench.take_one(at=60)).wakeup.run_at == later(60)


async def test_a_key_that_runs_waits_for_its_end(bench: Bench) -> None:
    await bench.put(EVENTS)
    taken = await bench.take_one()
    await bench.put(EVENTS)
    assert await bench.queue.depth() == {"waiting": 1, "running": 1}
    assert await bench.take() == []
    assert await bench.queue.settle(taken)
    assert (await bench.take_one()).wakeup == EVENTS


async def test_a_key_that_runs_does_not_hold_up_another(bench: Bench) -> None:
    await bench.put(EVENTS)
    await bench.take_one()
    await bench.put(EVENTS, WakeUp("events", "i2"))
    assert await bench.subjects() == ["i2"]


async def test_priority_goes_first_then_age(bench: Bench) -> None:
    await bench.put(WakeUp("sync", "a"), WakeUp("sync", "b"), WakeUp("sync", "c", priority=1))
    assert await bench.subjects() == ["c", "a", "b"]


async def test_no_more_than_the_limit_is_taken(bench: Bench) -> None:
    await bench.put(*(WakeUp("sync", str(number)) for number in range(5)))
    assert len(await bench.take(limit=3)) == 3


async def test_what_is_retried_waits_with_one_attempt_more(bench: Bench) -> None:
    await bench.put(EVENTS)
    assert await bench.queue.retry_at(await bench.take_one(), later(60), "partner is away")
    assert await bench.take(at=59) == []
    assert (await bench.take_one(at=60)).wakeup.attempts == 1


async def test_a_retry_meets_one_put_in_the_meantime(bench: Bench) -> None:
    await bench.put(replace(EVENTS, options={"full": True}, priority=3))
    taken = await bench.take_one()
    await bench.put(EVENTS)
    assert await bench.queue.retry_at(taken, later(60), None)
    assert await bench.queue.depth() == {"waiting": 1, "running": 0}
    again = (await bench.take_one()).wakeup
    assert (again.attempts, again.options, again.priority) == (1, {"full": True}, 3)


async def test_a_lease_that_runs_out_is_given_back_and_fenced(bench: Bench) -> None:
    await bench.put(EVENTS)
    lost = await bench.take_one(worker_id())
    assert await bench.queue.sweep(later(29)) == 0
    assert await bench.queue.sweep(later(31)) == 1
    held = await bench.take_one(lost.worker, at=31)
    assert held.wakeup.attempts == 1
    assert not await bench.queue.settle(lost)
    assert not await bench.queue.retry_at(lost, later(60), None)
    assert not await bench.queue.extend(lost, LEASE, later(31))
    assert await bench.queue.settle(held)


async def test_a_lease_that_is_extended_holds(bench: Bench) -> None:
    await bench.put(EVENTS)
    taken = await bench.take_one(worker_id())
    assert await bench.queue.extend(taken, LEASE, later(20))
    assert await bench.queue.sweep(later(45)) == 0
    assert await bench.queue.sweep(later(51)) == 1


async def test_a_waiter_wakes_as_soon_as_something_is_put(bench: Bench) -> None:
    await bench.take()
    waiting = asyncio.create_task(bench.queue.wait(60))
    await asyncio.sleep(0.01)
    await bench.put(EVENTS)
    assert await asyncio.wait_for(waiting, 60)


async def test_what_is_put_between_take_and_wait_is_not_slept_over(bench: Bench) -> None:
    await bench.take()
    await bench.put(EVENTS)
    assert await asyncio.wait_for(bench.queue.wait(60), 60)


async def test_a_waiter_hears_of_a_key_that_became_free(bench: Bench) -> None:
    await bench.put(EVENTS)
    taken = await bench.take_one()
    await bench.put(EVENTS)
    assert await bench.take() == []
    waiting = asyncio.create_task(bench.queue.wait(60))
    await asyncio.sleep(0.01)
    await bench.queue.settle(taken)
    assert await asyncio.wait_for(waiting, 60)


async def test_a_waiter_gives_up_in_time(bench: Bench) -> None:
    await bench.take()
    while await bench.queue.wait(0.01):  # who has only begun to listen looks once more
        await bench.take()


async def test_a_dead_worker_of_this_machine_is_not_waited_for(bench: Bench) -> None:
    ended = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await ended.wait()
    await bench.put(EVENTS)
    host, _, life = worker_id().split(":")
    await bench.take(f"{host}:{ended.pid}:{life}")
    assert await bench.queue.sweep(NOW) == 1


def test_who_is_dead_is_told_from_who_is_not() -> None:
    host, pid, life = worker_id().split(":")
    place = life.partition(".")[0]
    assert not is_dead(worker_id())
    assert is_dead(f"{host}:{pid}:{place}.another-life")
    assert not is_dead(f"{host}:1:{life}")
    assert not is_dead(f"{host}:{2**22 + 1}:elsewhere.another-life")
    assert is_dead(f"{host}:{2**22 + 1}:{life}")  # there is no process of so high a number
    assert not is_dead(f"another.example:{2**22 + 1}:{life}")
    assert not is_dead("named by hand")


Step = tuple[str, str, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "take", "settle", "retry", "sweep"]), st.sampled_from("abc"), st.integers(0, 3)),
    max_size=25,
)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_one_waits_one_runs_and_none_is_lost(connection: Connection, steps: list[Step]) -> None:
    """The model: a key owes work from its put until a settle of a lease that was taken after that put."""
    with connection.begin() as example:
        owed: set[str] = set()
        held: dict[str, Taken] = {}
        for step, subject, seconds in steps:
            _apply(connection, step, subject, seconds, owed, held)
            rows = connection.execute(text("SELECT subject, state FROM wakeups")).all()
            assert len(set(rows)) == len(rows)
            assert {row.subject for row in rows if row.state == "waiting"} == owed
            assert {row.subject for row in rows if row.state == "running"} == set(held)
        example.rollback()


def _apply(
    connection: Connection, step: str, subject: str, seconds: int, owed: set[str], held: dict[str, Taken]
) -> None:
    rows = jobs if connection.dialect.name == "postgresql" else wakeups
    if step == "put":
        rows.put_all(connection, [WakeUp("sync", subject)])
        owed.add(subject)
    elif step == "take":
        given = rows.take(connection, "w", 1 + seconds, later(30), later(10), None)
        taken = {item.wakeup.subject: item for item in given}
        free = owed - set(held)
        assert set(taken) <= free
        assert len(taken) == min(1 + seconds, len(free))
        owed.difference_update(taken)
        held.update(taken)
    elif step == "settle" and subject in held:
        assert rows.settle(connection, held.pop(subject))
    elif step == "retry" and subject in held:
        assert rows.retry_at(connection, held.pop(subject), later(seconds), None)
        owed.add(subject)
    elif step == "sweep":
        for row in rows.running(connection):
            rows.give_back(connection, row, "swept")
        owed.update(held)
        held.clear()


async def test_syncs_come_last_and_no_more_of_them_than_there_is_room_for(bench: Bench) -> None:
    syncs = [WakeUp("sync", name, priority=priority) for name, priority in (("a", -1), ("b", 0), ("c", 1))]
    await bench.put(*syncs, WakeUp("push", "x", priority=-5), EVENTS)
    taken = await bench.queue.take("w", 10, LEASE, NOW, 2)
    assert [one.wakeup.key for one in taken] == ["events:i1", "push:x", "sync:c", "sync:b"]
    assert await bench.queue.take("w", 10, LEASE, NOW, 0) == []
