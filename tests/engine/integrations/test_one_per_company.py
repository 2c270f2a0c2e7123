"""A company has one integration of a connector, or many where the connector says so: the database sees to it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from functools import partial

import orjson
import pytest

from runner.engine.house import House
from runner.engine.integrations import connect
from runner.engine.integrations.disconnect import disconnect
from runner.errors import AlreadyExists
from runner.model.event import EventState, WebhookEvent
from runner.model.integration import Integration, Reason, State
from runner.model.secret import Secret
from runner.store import events as stored_events
from runner.store import integrations
from runner.store.events import EventFilter
from runner.store.store import Store
from tests.apps import with_apps
from tests.engine.webhooks.test_receive import event, send
from tests.partners import KEYS, ROOT, World, world

pytestmark = pytest.mark.each_database

SOON = timedelta(seconds=30)
BEGIN = """
import asyncio, sys
from tests.engine.integrations.test_one_per_company import contend
sys.exit(asyncio.run(contend(sys.argv[1])))
"""
COMPANIES = [f"company-{number}" for number in range(20)]


async def contend(database_url: str) -> int:
    """Begin for every company what another process begins too; exit code 0 unless something else than AlreadyExists
    is raised."""
    async with world(database_url) as here:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(_begin(here.house, company) for company in COMPANIES))
    return 0


async def _begin(house: House, company: str) -> Integration | None:
    try:
        return await connect.begin(house, company, "jobber")
    except AlreadyExists:
        return None


async def test_begun_at_once_there_is_one(here: World) -> None:
    made = await asyncio.gather(*(connect.begin(here.house, "acme", "jobber") for _ in range(20)))
    assert len({one.id for one in made}) == 1
    assert len(await here.read(lambda c: integrations.find(c))) == 1


async def test_begun_at_once_over_several_stores_there_is_one(here: World, database_url: str) -> None:
    """Every store has a writer thread of its own, as processes have."""
    stores = [Store.open(database_url, KEYS) for _ in range(4)]
    houses = [_over(here.house, store) for store in stores]
    await asyncio.gather(*(_begin(house, company) for company in COMPANIES for house in houses))
    for store in stores:
        await store.close()
    found = await here.read(lambda c: integrations.find(c))
    assert sorted(one.company for one in found) == sorted(COMPANIES)


def _over(house: House, store: Store) -> House:
    return replace(house, store=store)


async def test_begun_in_two_processes_there_is_one(here: World, database_url: str) -> None:
    rival = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BEGIN, database_url, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert rival.stdin is not None
    assert rival.stdout is not None
    assert await rival.stdout.readline() == b"ready\n"
    rival.stdin.write(b"go\n")
    await asyncio.gather(*(_begin(here.house, company) for company in COMPANIES))
    assert await asyncio.wait_for(rival.wait(), 60) == 0
    found = await here.read(lambda c: integrations.find(c))
    assert sorted(one.company for one in found) == sorted(COMPANIES)


async def test_many_where_the_connector_says_so(here: World) -> None:
    house = with_apps(here.house, {"teamup": {"token": Secret("teamup-token")}})
    made = []
    for _ in range(3):
        made.append(await connect.begin(house, "acme", "teamup", later=True))
        reason, at = Reason("switched-off", "for this test"), house.clock.now()
        await here.write(
            partial(house.store.move, integration_id=made[-1].id, state=State.DISABLED, reason=reason, at=at)
        )
    assert len({one.id for one in made}) == 3


async def test_two_companies_may_share_an_account(here: World) -> None:
    one, other = await here.connect("servicetitan"), await here.connect("servicetitan", "other")
    assert one.account_id == other.account_id
    assert one.id != other.id


async def test_the_table_itself_refuses_a_second(here: World) -> None:
    made = await connect.begin(here.house, "acme", "jobber")
    with pytest.raises(AlreadyExists):
        await here.write(lambda c: integrations.add(c, Integration("another", made.company, "jobber", "production")))


async def test_events_of_an_account_that_two_companies_share_reach_both(here: World) -> None:
    both = [await here.connect("servicetitan"), await here.connect("servicetitan", "other")]
    await here.work(wait=SOON)
    here.servicetitan.change("jobs", 7001, jobStatus="Completed")
    await here.servicetitan.deliver()
    await here.work(wait=SOON)
    for one in both:
        assert (await here.records(one, "project"))["7001"].fields["status"] == "completed"


async def test_what_is_sent_again_is_a_duplicate_for_both(here: World) -> None:
    both = [await here.connect("servicetitan"), await here.connect("servicetitan", "other")]
    first, again = await send(here, orjson.dumps(event())), await send(here, orjson.dumps(event()))
    assert (first.accepted, first.duplicates) == (2, 0)
    assert (again.accepted, again.duplicates) == (2, 2)
    assert [len(await _due(here, one)) for one in both] == [1, 1]


async def test_a_company_that_joins_an_account_gets_what_comes_from_then_on(here: World) -> None:
    one = await here.connect("servicetitan")
    await send(here, orjson.dumps(event(1)))
    other = await here.connect("servicetitan", "other")
    await send(here, orjson.dumps(event(2)))
    await disconnect(here.house, one, Reason("disconnected", "The operator", "Connect it"))
    await send(here, orjson.dumps(event(3)))
    assert len(await _due(here, one)) == 2
    assert len(await _due(here, other)) == 2


async def _due(here: World, one: Integration) -> list[WebhookEvent]:
    wanted = EventFilter(integration_id=one.id, state=EventState.PENDING)
    return await here.read(lambda c: stored_events.find(c, wanted))  # type: ignore[no-any-return]  # a list of them
