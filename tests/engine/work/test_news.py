from __future__ import annotations

from datetime import timedelta
from typing import Any

from runner.engine.work.dispatch import run
from runner.model.wakeup import WakeUp
from tests.partners import World

SOON = timedelta(seconds=30)


def said(here: World, event: str) -> list[dict[str, Any]]:
    return [values for _, name, values in here.log.lines if name == event]


async def test_a_sync_is_told_with_its_figures(here: World) -> None:
    titan = await here.connect("servicetitan")
    await run(here.house, WakeUp("sync", titan.id, "technicians"))
    told = said(here, "sync-done")[0]
    assert (told["company"], told["connector"], told["sync"]) == ("acme", "servicetitan", "technicians")
    assert told["seen"] == told["created"] > 0
    assert "stale" not in told
    assert told["seconds"] >= 0


async def test_a_sync_that_fails_is_told_with_the_reason(here: World) -> None:
    titan = await here.connect("servicetitan")
    here.servicetitan.fail_next(50, 400, on="/jobs")
    await run(here.house, WakeUp("sync", titan.id, "jobs"))
    told = said(here, "sync-failed")[0]
    assert (told["sync"], told["integration"]) == ("jobs", titan.id)
    assert told["message"]


async def test_a_limited_sync_is_put_off_and_has_not_failed(here: World) -> None:
    titan = await here.connect("servicetitan")
    here.servicetitan.fail_next(50, 429, on="/jobs")
    await run(here.house, WakeUp("sync", titan.id, "jobs"))
    assert said(here, "put-off")[0]["wakeup"] == f"sync:{titan.id}:jobs"
    assert not said(here, "sync-failed")


async def test_events_are_counted_a_drain(here: World) -> None:
    titan = await here.connect("servicetitan")
    await here.work()
    here.servicetitan.change("jobs", 7001, jobStatus="Completed")
    await here.servicetitan.deliver()
    await here.work(wait=SOON)
    told = said(here, "events-done")
    assert {one["integration"] for one in told} == {titan.id}
    assert sum(one["done"] for one in told) >= 1


async def test_pushes_are_counted_a_drain(here: World) -> None:
    await here.connect("companycam")
    await here.connect("servicetitan")
    await here.work(wait=SOON)
    told = said(here, "pushes-done")
    assert {one["connector"] for one in told} == {"companycam"}
    assert sum(one["done"] for one in told) >= here.wire.count("POST", "/projects") > 0


async def test_a_drain_that_did_nothing_says_nothing(here: World) -> None:
    titan = await here.connect("servicetitan")
    await run(here.house, WakeUp("events", titan.id))
    await run(here.house, WakeUp("push", titan.id))
    assert not said(here, "events-done") + said(here, "pushes-done")
