from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from runner.authoring.simulate.limits import Window
from runner.components.destinations.base import Destination
from runner.components.destinations.connector import ConnectorDestination
from runner.engine.pushes import push
from runner.model.circuit import ENOUGH
from runner.model.integration import State
from runner.model.push import PushState
from runner.store import integrations, links, pushes
from tests.engine.host import ASSIGN, POST, Host, open_host
from tests.partners import World, world

pytestmark = pytest.mark.each_database

SOON = timedelta(minutes=10)


@pytest.fixture
async def host(here: World) -> Host:
    return await open_host(here)


async def test_everything_of_a_company_arrives(here: World) -> None:
    await here.connect("companycam")
    await here.connect("servicetitan")
    before = len(here.companycam.tables["projects"])
    await here.work(wait=SOON)
    made = await here.read(lambda c: links.find(c, kind="project"))
    assert made
    assert len(here.companycam.tables["projects"]) == before + len(made)
    assert here.companycam.calls[ASSIGN]
    counts = (await here.read(lambda c: pushes.counts(c))).states
    assert not counts[PushState.PENDING]
    assert not counts[PushState.FAILED]


async def test_jobbers_records_arrive_too(here: World) -> None:
    await here.connect("companycam")
    await here.connect("jobber")
    await here.work(wait=SOON)
    assert await here.read(lambda c: links.find(c, kind="project"))
    assert not (await here.read(lambda c: pushes.counts(c))).states[PushState.FAILED]


async def test_a_refused_record_fails_with_the_partners_words_and_holds_up_nobody(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    await host.store("project", "2", {"name": "Wall"})
    host.here.companycam.fail_next(1, 422, on=POST)
    pushed = await host.drain()
    assert (pushed.failed, pushed.done) == (1, 1)
    failed = [one for one in await host.pushes() if one.state is PushState.FAILED]
    assert "422" in str(failed[0].note)


class TestLimits:
    @pytest.fixture
    async def tight(self, database_url: str) -> AsyncIterator[Host]:
        limits = {"POST": Window(2, 90.0), "GET": Window(100, 60.0), "PUT": Window(100, 60.0), "DELETE": Window(9, 1.0)}
        async with world(database_url, companycam={"limits": limits}) as opened:
            yield await open_host(opened)

    async def test_what_was_limited_is_tried_again_and_never_doubled(self, tight: Host) -> None:
        for number in range(9):
            await tight.store("project", str(number), {"name": f"Roof {number}"})
        await tight.here.work(wait=timedelta(hours=2))
        assert tight.here.companycam.violations
        assert tight.made == 9
        assert {one.state for one in await tight.pushes()} == {PushState.DONE}


async def test_a_long_limit_stops_the_drain_and_says_when_to_come_back(host: Host) -> None:
    for number in range(20):
        await host.store("project", str(number), {"name": f"Roof {number}"})
    host.here.companycam.fail_next(100, 429)
    pushed = await host.drain()
    assert pushed.next_at is not None
    assert pushed.next_at > host.here.clock.now()
    assert host.calls(POST) <= 5 * Destination().at_once
    assert {one.state for one in await host.pushes()} == {PushState.PENDING}


async def test_retries_are_counted(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    host.here.companycam.fail_next(20, 429, on=POST)
    await host.here.work(wait=timedelta(hours=2))
    assert (await host.only()).state is PushState.DONE
    assert (await host.here.read(lambda c: pushes.counts(c))).retries >= 1
    assert host.made == 1


async def test_a_destination_that_is_not_active_keeps_its_pushes(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    await host.here.write(lambda c: integrations.set_state(c, host.host.id, State.ERROR, None, host.here.clock.now()))
    assert await host.drain() == push.Pushed()
    assert (await host.only()).state is PushState.PENDING


async def test_a_destination_that_is_connected_later_gets_what_is_there(here: World) -> None:
    await here.connect("servicetitan")
    await here.work(wait=timedelta(seconds=5))
    assert await here.read(lambda c: pushes.find(c)) == []
    before = len(here.companycam.tables["projects"])
    await here.connect("companycam")
    await here.work(wait=SOON)
    assert len(here.companycam.tables["projects"]) > before


async def test_a_rule_that_is_gone_leaves_its_pushes_out(host: Host) -> None:
    await host.here.write(
        lambda c: pushes.mark(c, "old", host.source.id, "project", ["1"], host.host.id, host.here.clock.now())
    )
    await host.drain()
    assert (await host.only()).state is PushState.SKIPPED


async def test_a_connectors_pushes_keep_the_pace_that_runner_yaml_says(host: Host) -> None:
    house = host.here.house
    pace = {"companycam": ConnectorDestination(type="connector", at_once=1, rate=0.5)}
    host.here.house = replace(house, config=house.config.model_copy(update={"destinations": pace}))
    for number in range(4):
        await host.store("project", str(number), {"name": f"Roof {number}"})
    began = host.here.clock.now()
    await host.here.work(wait=timedelta(minutes=1))
    assert host.made == 4
    assert host.here.clock.now() - began >= timedelta(seconds=6)


async def test_a_host_that_is_down_is_called_no_more_than_need_be(host: Host) -> None:
    for number in range(30):
        await host.store("project", str(number), {"name": f"Roof {number}"})
    host.here.companycam.fail_next(10_000, 503, on=POST)
    pushed = await host.drain()
    tries = host.calls(POST)
    assert ENOUGH <= pushed.retried <= ENOUGH + Destination().at_once - 1  # some were under way when it opened
    assert (await host.drain()).retried == 0
    assert host.calls(POST) == tries
