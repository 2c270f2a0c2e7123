"""Several processes on PostgreSQL: what one reads and then writes, another does not change in between."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from sqlalchemy import Connection, text

from runner.errors import NotFound
from runner.model.common import Common, Pair
from runner.model.integration import Integration, Reason, State
from runner.model.record import Record
from runner.store import changes, commons, integrations, records
from runner.store.inbox import Arrival
from runner.store.keys import KeyRing
from runner.store.store import Store
from tests.databases import Databases
from tests.store.conftest import NOW
from tests.store.test_retention import DELIVERY, EVENT

T = TypeVar("T")
KEYS = KeyRing.generate()
HOW_OFTEN = 20


@pytest.fixture
async def two(databases: Databases) -> AsyncIterator[list[Store]]:
    """Two processes on one database, as far as the database can tell."""
    with databases.lend() as url:
        stores = [Store.open(url, KEYS), Store.open(url, KEYS)]
        yield stores
        for store in stores:
            await store.close()


async def at_once(two: list[Store], *works: Callable[[Store, Connection], T]) -> list[T | BaseException]:
    """Each work in a transaction of another process; all begin before one goes on."""
    barrier = threading.Barrier(len(works))

    def begun(store: Store, work: Callable[[Store, Connection], T]) -> Callable[[Connection], T]:
        def run(connection: Connection) -> T:
            connection.execute(text("SELECT 1"))
            if not barrier.broken and not met.is_set():
                barrier.wait(60)
                met.set()
            return work(store, connection)

        return run

    met = threading.Event()
    started = (store.database.write(begun(store, work)) for store, work in zip(two, works, strict=True))
    return await asyncio.gather(*started, return_exceptions=True)


async def test_the_same_event_in_two_processes_is_pending_once(two: list[Store]) -> None:
    for number in range(HOW_OFTEN):
        arrivals = [
            Arrival(f"d{number}{side}", DELIVERY, (replace(EVENT, id=f"e{number}{side}", key=f"k{number}"),))
            for side in "ab"
        ]
        told = await at_once(
            two, *(lambda store, c, one=one: store.inbox.accept(c, [one])[0].duplicates for one in arrivals)
        )
        assert sorted(told) == [0, 1]
    stored = await two[0].database.read(lambda c: text_of(c, "SELECT state FROM events"))
    assert sorted(stored) == ["duplicate"] * HOW_OFTEN + ["pending"] * HOW_OFTEN


def text_of(connection: Connection, query: str) -> list[str]:
    return list(connection.scalars(text(query)))


async def test_an_integration_is_moved_by_one(two: list[Store]) -> None:
    made = Integration("i1", "acme", "jobber", "production", State.ACTIVE, created_at=NOW)
    await two[0].database.write(lambda c: two[0].begin(c, made))
    reason = Reason("credential-refused", "no")
    for _ in range(HOW_OFTEN):
        told = await at_once(two, *[lambda store, c: store.move(c, "i1", State.ERROR, reason, NOW)] * 2)
        assert sorted(told) == [False, True]
        assert await two[0].database.write(lambda c: two[0].move(c, "i1", State.ACTIVE, None, NOW))


async def test_changes_are_numbered_in_the_order_of_their_commits(two: list[Store]) -> None:
    names = [f"i{number}" for number in range(40)]
    for name in names:
        made = Integration(name, name, "jobber", "production", State.ACTIVE, created_at=NOW)
        await two[0].database.write(lambda c, made=made: integrations.add(c, made))
    seen: list[str] = []

    def read_on(last: list[int]) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            for found in changes.find(connection, after=last[0]):
                seen.append(found.change.integration_id)
                last[0] = found.change.id

        return work

    async def watch() -> None:
        last = [0]
        while len(seen) < len(names) and not done.is_set():
            await two[0].database.read(read_on(last))
        await two[0].database.read(read_on(last))

    done, watching = asyncio.Event(), None
    watching = asyncio.create_task(watch())
    moves = (
        two[number % 2].database.write(
            lambda c, name=name, store=two[number % 2]: store.move(
                c, name, State.DISABLED, Reason("switched-off", "off"), NOW
            )
        )
        for number, name in enumerate(names)
    )
    await asyncio.gather(*moves)
    done.set()
    await watching
    assert sorted(seen) == sorted(names)


async def test_what_is_written_of_a_pair_is_not_lost(two: list[Store]) -> None:
    pair = Pair("r", "i1", "project", "1", "i2")

    def grow(_: Store, connection: Connection) -> None:
        known = commons.get(connection, pair)
        commons.put(connection, pair, replace(known, revision=known.revision + 1), NOW)

    for _ in range(HOW_OFTEN):
        await at_once(two, grow, grow)
    assert (await two[0].database.read(lambda c: commons.get(c, pair))).revision == Common().revision + 2 * HOW_OFTEN


def record(name: str, external_id: str = "1") -> Record:
    return Record("project", external_id, {"name": name}, processor="p")


async def test_of_one_record_each_change_is_told_once(two: list[Store]) -> None:
    for number in range(HOW_OFTEN):
        told = await at_once(
            two, *[lambda _, c, number=number: records.upsert(c, "i1", [record(str(number))], NOW)] * 2
        )
        assert sorted(one.unchanged for one in told) == [0, 1]


async def test_pages_in_another_order_and_deletions_end(two: list[Store]) -> None:
    ids = [str(number) for number in range(20)]
    for number in range(HOW_OFTEN):
        forwards = [record(f"a{number}", one) for one in ids]
        backwards = [record(f"b{number}", one) for one in reversed(ids)]
        await at_once(
            two,
            lambda _, c, page=forwards: records.upsert(c, "i1", page, NOW),
            lambda _, c: records.mark_deleted(c, "i1", "project", ids, NOW),
        )
        told = await at_once(
            two,
            lambda _, c, page=forwards: records.upsert(c, "i1", page, NOW),
            lambda _, c, page=backwards: records.upsert(c, "i1", page, NOW),
        )
        assert all(isinstance(one, records.Upserted) for one in told)


async def test_who_stores_for_an_integration_and_who_removes_it_take_turns(two: list[Store]) -> None:
    for number in range(HOW_OFTEN):
        name = f"i{number}"
        made = Integration(name, name, "jobber", "production", State.ACTIVE, created_at=NOW)
        await two[0].database.write(lambda c, made=made: integrations.add(c, made))

        def store_page(_: Store, connection: Connection, name: str = name) -> None:
            integrations.state(connection, name)
            records.upsert(connection, name, [record("x")], NOW)

        told = await at_once(two, store_page, lambda store, c, name=name: store.remove(c, name, NOW))
        assert [type(one) for one in told if one is not None] in ([], [NotFound])
    left = await two[0].database.read(lambda c: text_of(c, "SELECT integration_id FROM records"))
    assert left == []
