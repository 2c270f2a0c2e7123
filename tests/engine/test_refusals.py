"""What is turned away is counted to the last, however much comes at once, and takes few places in the writer's line."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from runner.engine.refusals import KEPT_A_MINUTE, MOST_WAITING, Refusals
from runner.errors import StoreUnavailable
from runner.model.event import Delivery
from runner.store import rejections
from runner.store.database import Database
from tests.store.conftest import NOW, later

DELIVERY = Delivery("jobber", "POST", "https://x/webhooks/jobber", {}, b"{}", NOW)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database.open(database_url, waiting=MOST_WAITING + 1)
    yield opened
    await opened.close()


@pytest.mark.sqlite_only  # which has one writer
async def test_what_an_answer_did_not_wait_for_is_stored_before_the_end(database: Database) -> None:
    free, refusals = threading.Event(), Refusals(database)
    held = asyncio.create_task(database.write(lambda _: free.wait(60)))
    await refusals.note(DELIVERY, "bad-signature")
    assert await counts(database) == {}
    free.set()
    await refusals.close()
    assert await counts(database) == {"bad-signature": 1}
    await held


async def counts(database: Database) -> dict[str, int]:
    return {one.reason: one.count for one in await database.read(rejections.find)}


async def test_each_is_counted_and_kept(database: Database) -> None:
    refusals = Refusals(database)
    await refusals.note(DELIVERY, "bad-signature")
    await refusals.close()  # an answer waits for its count half a second at most
    assert await counts(database) == {"bad-signature": 1}
    assert [one.delivery for one in await database.read(lambda c: rejections.kept(c))] == [DELIVERY]


async def test_a_flood_is_counted_to_the_last_in_a_few_places_of_the_line(database: Database) -> None:
    refusals = Refusals(database)
    await asyncio.gather(*(refusals.note(DELIVERY, "bad-signature") for _ in range(5000)))
    await refusals.close()  # an answer waits for its count half a second at most
    assert await counts(database) == {"bad-signature": 5000}


async def test_a_flood_does_not_push_out_what_else_went_wrong(database: Database) -> None:
    refusals = Refusals(database)
    await refusals.note(DELIVERY, "stale-delivery")
    await asyncio.gather(*(refusals.note(DELIVERY, "bad-signature") for _ in range(2000)))
    await refusals.close()  # an answer waits for its count half a second at most
    found = await database.read(lambda c: rejections.kept(c, limit=10_000))
    assert [one.reason for one in found].count("bad-signature") == KEPT_A_MINUTE
    assert found[-1].reason == "stale-delivery"


async def test_the_next_minute_keeps_again(database: Database) -> None:
    refusals = Refusals(database)
    for second in range(61):
        await refusals.note(replace(DELIVERY, received_at=later(second)), "bad-signature")
    await refusals.close()  # an answer waits for its count half a second at most
    found = await database.read(lambda c: rejections.kept(c))
    times = [one.delivery.received_at for one in found]
    assert times == [later(60), *(later(second) for second in range(KEPT_A_MINUTE - 1, -1, -1))]


@pytest.mark.sqlite_only
async def test_what_a_busy_store_does_not_take_is_counted_with_the_next(database_url: str) -> None:
    database, gate, holds = Database.open(database_url, waiting=1), threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(_: Connection) -> None:
        loop.call_soon_threadsafe(holds.set)
        gate.wait(60)

    held = asyncio.create_task(database.write(hold))
    await holds.wait()
    waiting = asyncio.create_task(database.write(lambda _: None))
    await asyncio.sleep(0)
    refusals = Refusals(database)
    with pytest.raises(StoreUnavailable):
        await refusals.note(DELIVERY, "bad-signature")
    gate.set()
    await asyncio.gather(held, waiting)
    await refusals.note(DELIVERY, "bad-signature")
    await refusals.close()
    assert await counts(database) == {"bad-signature": 2}
    await database.close()
