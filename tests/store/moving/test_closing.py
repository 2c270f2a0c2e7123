"""A database that is closed takes nothing more, from whatever process; workers are let finish first."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert

from runner.errors import SettingsError, StoreUnavailable
from runner.model.wakeup import WakeUp
from runner.store.moving import closing
from runner.store.queue import worker_id
from runner.store.sequences import draw
from runner.store.store import Store
from runner.store.tables import metadata
from runner.store.works import CLOSED
from runner.testing.clock import FakeClock
from tests.store.moving.contents import exported, taken

LEASE = timedelta(minutes=5)
NEWS = WakeUp("events", "i1")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def put(store: Store, wakeup: WakeUp) -> None:
    await store.database.write(lambda c: store.queue.put(c, wakeup))


async def test_while_it_rests_nobody_begins_and_all_else_goes_on(target: Store, clock: FakeClock) -> None:
    await put(target, NEWS)
    (running,) = await target.queue.take(worker_id(), 9, LEASE, clock.now())
    await target.database.write(lambda c: closing.rest(c, clock.now()))
    await put(target, WakeUp("push", "d1"))
    assert await target.queue.take(worker_id(), 9, LEASE, clock.now()) == []
    assert await target.queue.extend(running, LEASE, clock.now())
    assert await target.queue.settle(running)
    assert await target.database.write(closing.reopen)
    assert [one.wakeup.kind for one in await target.queue.take(worker_id(), 9, LEASE, clock.now())] == ["push"]


async def test_once_closed_it_stores_nothing(target: Store, connection: Connection, clock: FakeClock) -> None:
    await put(target, NEWS)
    await target.database.write(lambda c: draw(c, "records", 5))
    assert await closing.shut(target, clock, 0) == 0
    lines = await exported(target)
    with pytest.raises(StoreUnavailable, match="closed by `runner export --close`"):
        await target.database.write(lambda c: draw(c, "records", 1))
    with pytest.raises(StoreUnavailable, match="closed by `runner export --close`"):
        await put(target, WakeUp("push", "d1"))
    with pytest.raises(Exception, match="closed by `runner export --close`"):  # whoever else has it open
        connection.execute(insert(metadata.tables["sequences"]).values(name="x", value=1))
    connection.rollback()
    assert await exported(target) == lines
    assert await target.database.write(closing.reopen)
    assert await target.database.write(lambda c: draw(c, "records", 1)) == 6


async def test_rows_that_come_together_are_refused_each(target: Store, clock: FakeClock) -> None:
    await closing.shut(target, clock, 0)

    def batch(connection: Connection, rows: list[str]) -> list[int]:
        return [draw(connection, name, 1) for name in rows]

    answers = await asyncio.gather(
        *(target.database.append(batch, f"n{number}") for number in range(3)), return_exceptions=True
    )
    assert [type(one) for one in answers] == [StoreUnavailable] * 3
    assert {str(one) for one in answers} == {CLOSED}


async def test_workers_are_waited_for_and_what_takes_too_long_is_cut(target: Store, clock: FakeClock) -> None:
    await put(target, NEWS)
    (running,) = await target.queue.take(worker_id(), 9, LEASE, clock.now())
    assert await closing.shut(target, clock, 1.0) == 1
    assert sum(clock.slept) == 1.0
    with pytest.raises(StoreUnavailable):
        await target.queue.settle(running)
    await target.database.write(closing.reopen)
    assert await target.queue.settle(running)
    assert await closing.shut(target, clock, 1.0) == 0
    assert sum(clock.slept) == 1.0


async def test_what_a_dead_process_held_is_not_waited_for(target: Store, clock: FakeClock) -> None:
    await put(target, NEWS)
    await target.queue.take("elsewhere:1:x", 9, timedelta(seconds=-1), clock.now())
    assert await closing.shut(target, clock, 60) == 0
    assert clock.slept == []


async def test_whoever_starts_is_told(target: Store, clock: FakeClock) -> None:
    await target.database.read(closing.require_open)
    await target.database.write(lambda c: closing.rest(c, clock.now()))
    with pytest.raises(SettingsError, match=r"since 2026-05-04 15:20 UTC; RUNNER_DATABASE_URL says"):
        await target.database.read(closing.require_open)
    await target.database.write(closing.reopen)
    await target.database.read(closing.require_open)
    assert not await target.database.write(closing.reopen)


async def test_where_it_goes_is_not_closed(source: Store, target: Store, clock: FakeClock) -> None:
    await closing.shut(source, clock, 0)
    header = await taken(target, await exported(source))
    assert header.closed
    assert not await target.database.read(closing.is_closed)
    assert await target.database.write(lambda c: draw(c, "records", 1)) == 1
