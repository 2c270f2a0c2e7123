"""Killed at random, again and again: in the end everything is there, and nothing twice."""

from __future__ import annotations

import random
from datetime import timedelta

import httpx
import pytest

from runner.engine.work.sweep import sweep
from runner.model.event import EventState
from runner.model.push import PushState
from runner.store import checkpoints, events, links, pushes
from tests.engine.syncs.test_sync import Killed
from tests.partners import World, world

SOON = timedelta(minutes=15)


class Reaper:
    """Kills the process at random: before a request goes out, or after it was answered."""

    def __init__(self, here: World, seed: int, odds: float) -> None:
        self.dice, self.odds, self.kills = random.Random(seed), odds, 0
        here.wire.before = here.wire.after = self.pass_by

    async def pass_by(self, request: httpx.Request) -> None:
        if self.dice.random() < self.odds:
            self.kills += 1
            raise Killed


async def survive(here: World) -> None:
    """Work until nothing is left, however often the worker dies; the sweep brings back what it held."""
    for _ in range(200):
        try:
            await here.work(wait=SOON)
        except Killed:
            here.clock.advance(700)
            await sweep(here.house)
        else:
            return
    raise AssertionError("the work does not end")


@pytest.mark.parametrize("seed", range(6))
async def test_everything_arrives_once(database_url: str, seed: int) -> None:
    async with world(database_url, size=15) as here:
        host = await here.connect("companycam")
        titan = await here.connect("servicetitan")
        before = {row["id"] for row in here.companycam.tables["projects"]}
        reaper = Reaper(here, seed, 0.06)
        await survive(here)
        for number in range(7001, 7006):
            here.servicetitan.change("jobs", number, jobNumber=f"new {number}")
        await here.servicetitan.deliver()
        await survive(here)
        here.wire.before = here.wire.after = None
        here.clock.advance(7200)
        await sweep(here.house)
        await here.work(wait=SOON)

        assert reaper.kills
        jobs = await here.records(titan, "project")
        assert set(jobs) == {str(row["id"]) for row in here.servicetitan.table("jobs")}
        assert all(jobs[str(number)].fields["number"] == f"new {number}" for number in range(7001, 7006))

        known = await here.read(lambda c: links.find(c, titan.id, host.id, "project"))
        made = [row["id"] for row in here.companycam.tables["projects"] if row["id"] not in before]
        assert sorted(made) == sorted(link.host_id for link in known)
        active = {external_id for external_id, record in jobs.items() if not record.inactive}
        assert active <= {link.external_id for link in known}

        states = (await here.read(lambda c: pushes.counts(c))).states
        assert not states[PushState.PENDING]
        assert not states[PushState.FAILED]
        told = await here.read(lambda c: events.counts(c))
        assert not told[EventState.PENDING]
        assert not told[EventState.DEAD]
        for name in here.house.connectors.get("servicetitan").syncs:
            assert (await here.read(lambda c, name=name: checkpoints.get(c, titan.id, name))).progress is None
