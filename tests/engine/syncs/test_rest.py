from __future__ import annotations

from datetime import timedelta

import pytest

from runner.engine.syncs.rest import rests
from runner.model.run import Counts, RunState, SyncRun
from runner.store import pauses, runs, standings
from tests.partners import World

GAP = timedelta(minutes=10)


async def failed(here: World, integration_id: str, times: int, state: RunState = RunState.FAILED) -> None:
    for _ in range(times):
        here.clock.advance(1)
        now = here.clock.now()
        run = SyncRun(f"r{now.timestamp()}", integration_id, "users", False, RunState.RUNNING, now)
        await here.write(lambda c, run=run: runs.begin(c, run))
        await here.write(lambda c, run=run, now=now: runs.end(c, run.id, state, now, Counts()))


async def resting(here: World, integration_id: str) -> bool:
    key = (integration_id, "users")
    standing = (await here.read(lambda c: standings.of(c, [key])))[key]
    return rests(standing, GAP, here.clock.now())


@pytest.mark.parametrize(("times", "slots"), [(0, 0), (1, 0), (2, 1), (3, 3), (20, 143)])
async def test_each_failure_in_a_row_lets_more_moments_pass(here: World, times: int, slots: int) -> None:
    integration = await here.connect("companycam")
    await failed(here, integration.id, times)
    passed = 0
    here.clock.advance(GAP.total_seconds())
    while await resting(here, integration.id):
        passed += 1
        here.clock.advance(GAP.total_seconds())
    assert passed == slots


async def test_a_run_that_is_done_ends_the_rest(here: World) -> None:
    integration = await here.connect("companycam")
    await failed(here, integration.id, 5)
    await failed(here, integration.id, 1, RunState.DONE)
    assert not await resting(here, integration.id)


async def test_a_pause_lasts_until_it_is_ended(here: World) -> None:
    integration = await here.connect("companycam")
    for sync in ("users", pauses.EVERY):
        await here.write(lambda c, sync=sync: pauses.pause(c, integration.id, here.clock.now(), sync))
        here.clock.advance(10**6)
        assert await resting(here, integration.id)
        await here.write(lambda c: pauses.resume(c, integration.id))
        assert not await resting(here, integration.id)
