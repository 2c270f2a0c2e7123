"""When the store takes nothing, for whatever reason, a webhook is answered 503 and nothing else; and it recovers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import Connection, text

from runner.store import events, rejections
from runner.store.events import EventFilter
from tests.partners import CONNECTORS, World, world
from tests.service.conftest import calling
from tests.service.test_webhooks import body, post

pytestmark = pytest.mark.sqlite_only  # of disks that are full and files that are held

HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
database.execute("ROLLBACK")
"""
FOR_EVER = 600_000
"""Milliseconds."""


async def set_pragma(here: World, pragma: str) -> None:
    """On the writer's own connection."""
    await here.write(lambda connection: connection.exec_driver_sql(f"PRAGMA {pragma}").close())


async def stored(here: World) -> set[str]:
    return {event.key for event in await here.read(lambda c: events.find(c, EventFilter(), limit=10_000))}


def key(number: int) -> str:
    return f"CLIENT_UPDATE:c{number}:t"


def assert_busy(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()) == (503, {"error": "store-unavailable"})
    assert int(answer.headers["retry-after"]) > 0


async def test_a_full_disk_is_503_and_what_was_answered_well_is_stored(here: World, web: httpx.AsyncClient) -> None:
    await post(web, body(0))
    pages = await here.read(lambda c: c.execute(text("PRAGMA page_count")).scalar_one())
    await set_pragma(here, f"max_page_count={pages + 8}")
    answers = {number: (await post(web, body(number))).status_code for number in range(1, 100)}
    assert set(answers.values()) == {200, 503}
    assert await stored(here) == {key(0)} | {key(number) for number, status in answers.items() if status == 200}
    await set_pragma(here, "max_page_count=1000000")
    again = [(await post(web, body(number))).status_code for number, status in answers.items() if status == 503]
    assert set(again) == {200}
    assert len(await stored(here)) == 100


async def test_a_disk_that_fills_amid_a_group_loses_nothing_answered_well(here: World, web: httpx.AsyncClient) -> None:
    pages = await here.read(lambda c: c.execute(text("PRAGMA page_count")).scalar_one())
    await set_pragma(here, f"max_page_count={pages}")
    answers = await asyncio.gather(*(post(web, body(number)) for number in range(50)))
    accepted = {key(number) for number, answer in enumerate(answers) if answer.is_success}
    assert await stored(here) == accepted
    assert 503 in {answer.status_code for answer in answers}


async def test_a_database_that_another_process_holds_is_503_until_it_lets_go(
    here: World, web: httpx.AsyncClient, database_url: str
) -> None:
    await set_pragma(here, "busy_timeout=50")
    async with held(database_url.removeprefix("sqlite:///")):
        assert_busy(await post(web, body(1)))
        assert (await web.get("/healthz")).status_code == 200
    assert await stored(here) == set()
    assert (await post(web, body(1))).status_code == 200


async def test_a_file_that_may_only_be_read_is_503(here: World, web: httpx.AsyncClient) -> None:
    await set_pragma(here, "query_only=ON")
    assert_busy(await post(web, body(1)))
    assert (await web.post("/webhooks/jobber", content=b"{}")).status_code == 401
    assert (await web.get("/healthz")).status_code == 200
    assert await stored(here) == set()


async def test_a_line_that_is_too_long_is_503_at_once(here: World, web: httpx.AsyncClient) -> None:
    gate, loop, holds = threading.Event(), asyncio.get_running_loop(), asyncio.Event()

    def hold(_: Connection) -> None:
        loop.call_soon_threadsafe(holds.set)
        gate.wait(60)

    held = asyncio.create_task(here.write(hold))
    await holds.wait()
    waiting = [asyncio.create_task(here.write(lambda _: None)) for _ in range(here.house.store.database.most_waiting)]
    await asyncio.sleep(0)
    answers = await asyncio.gather(*(post(web, body(number)) for number in range(5)))
    for answer in answers:
        assert_busy(answer)
    gate.set()
    await asyncio.gather(held, *waiting)
    assert Counter([(await post(web, body(number))).status_code for number in range(5)]) == {200: 5}


@asynccontextmanager
async def held(path: str) -> AsyncIterator[None]:
    """Another process writes, for as long as this lasts."""
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(path), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        await holder.communicate(b"")


async def test_a_locked_database_is_503_within_the_partners_limit(
    here: World, web: httpx.AsyncClient, database_url: str
) -> None:
    """Jobber wants its answer within a second; the writer waits for longer than any test: who is answered while the
    other still holds the database was not kept waiting for it."""
    async with world(database_url, connectors=CONNECTORS) as hasty, calling(hasty) as caller:
        await set_pragma(hasty, f"busy_timeout={FOR_EVER}")
        async with held(database_url.removeprefix("sqlite:///")):
            for answer in await asyncio.gather(*(post(caller, body(number)) for number in range(20))):
                assert_busy(answer)
        late = [values["seconds"] for _, event, values in hasty.log.lines if event == "delivery-not-stored-in-time"]
        assert late == [0.8] * 20
    again = await asyncio.gather(*(post(web, body(number)) for number in range(20)))
    assert {answer.status_code for answer in again} == {200}
    assert await stored(here) == {key(number) for number in range(20)}


async def test_a_stranger_is_refused_while_the_database_is_locked(
    here: World, web: httpx.AsyncClient, database_url: str
) -> None:
    await set_pragma(here, f"busy_timeout={FOR_EVER}")
    async with held(database_url.removeprefix("sqlite:///")):
        answers = await asyncio.gather(*(web.post("/webhooks/jobber", content=b"{}") for _ in range(100)))
        assert {answer.status_code for answer in answers} == {401}
    await set_pragma(here, "busy_timeout=10000")
    await web.post("/webhooks/jobber", content=b"{}")
    await here.house.refusals.close()  # an answer waits for its count half a second at most
    assert [one.count for one in await here.read(rejections.find)] == [101]
