"""Whether requests should come to this process, and what it says when they should not."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Connection

from runner.model.wakeup import WakeUp
from runner.service.app import App
from runner.service.heart import Heart
from runner.service.settings import Settings
from tests.partners import BASE, World


async def ready(here: World, heart: Heart | None = None, path: str = "/readyz") -> tuple[int, dict[str, object]]:
    app = App(here.house, Settings.read({}), heart=heart)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE) as client:
        answer = await client.get(path)
        return answer.status_code, answer.json()


async def put(here: World, *wakeups: WakeUp) -> None:
    await here.write(lambda c: here.house.store.queue.put_all(c, wakeups))


async def test_a_process_with_a_database_is_ready(here: World) -> None:
    status, told = await ready(here)
    nobody = {"web": 0, "worker": 0, "scheduler": 0}
    assert status == 200
    assert told == {"ready": True, "processes": nobody, "due": 0, "oldest_seconds": 0.0, "complaints": []}


@pytest.mark.sqlite_only  # a server's database is lent again, with the revision as it was left
async def test_a_database_of_an_older_version_is_not_ready(here: World) -> None:
    await here.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'"))
    status, told = await ready(here)
    assert (status, told["code"]) == (503, "migration-pending")


@pytest.mark.sqlite_only
async def test_one_that_a_later_version_has_migrated_is_ready_until_this_process_is_replaced(here: World) -> None:
    await here.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    assert (await ready(here))[0] == 200


async def test_work_that_waits_makes_nobody_unready_but_those_who_ask_for_it(here: World) -> None:
    await put(here, WakeUp("sync", "i1", "jobs", run_at=here.clock.now()))
    here.clock.advance(90)
    status, told = await ready(here)
    assert (status, told["due"], told["oldest_seconds"], told["complaints"]) == (200, 1, 90.0, ["nobody-works"])
    status, told = await ready(here, path="/readyz?backlog")
    assert (status, told["code"]) == (503, "nobody-works")


async def test_work_is_late_after_what_the_operator_says(here: World) -> None:
    heart = Heart(here.house, ["worker", "scheduler"])
    await put(here, WakeUp("sync", "i1", "jobs", run_at=here.clock.now()))
    here.clock.advance(here.house.config.serve.late_after / timedelta(seconds=1))
    await heart.beat()
    assert (await ready(here, path="/readyz?backlog"))[0] == 200
    here.clock.advance(1)
    status, told = await ready(here, path="/readyz?backlog")
    assert (status, told["code"]) == (503, "work-late")


async def test_who_was_told_to_stop_is_not_ready(here: World) -> None:
    heart = Heart(here.house, ["web"])
    heart.leaving = True
    status, told = await ready(here, heart)
    assert (status, told["code"]) == (503, "stopping")


async def test_who_cannot_store_its_beat_is_not_ready_until_it_can(here: World) -> None:
    heart = Heart(here.house, ["web"])
    await here.write(lambda c: c.exec_driver_sql("ALTER TABLE processes RENAME TO away"))
    await heart.beat()
    status, told = await ready(here, heart)
    assert (status, told["code"]) == (503, "store-unavailable")
    assert "heartbeat-not-stored" in here.log.events()
    await here.write(lambda c: c.exec_driver_sql("ALTER TABLE away RENAME TO processes"))
    await heart.beat()
    assert (await ready(here, heart))[0] == 200


async def test_a_process_with_too_many_writes_in_line_sends_others_elsewhere(here: World) -> None:
    database, held = here.house.store.database, threading.Event()

    def store(_: Connection, rows: list[int]) -> list[int]:
        held.wait(60)
        return rows

    writes = [asyncio.create_task(database.append(store, number)) for number in range(database.most_waiting)]
    await asyncio.sleep(0)  # each of them has begun: one group is being written, the others are in line
    status, told = await ready(here)
    held.set()
    await asyncio.gather(*writes)
    assert (status, told["code"]) == (503, "busy")
    assert (await ready(here))[0] == 200
