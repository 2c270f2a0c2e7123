from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import orjson
import pytest

from runner.engine.integrations.disconnect import disconnect
from runner.engine.webhooks import events
from runner.engine.webhooks.react import MOST_ATTEMPTS
from runner.model.event import EventState, WebhookEvent
from runner.model.integration import Integration, Reason, State
from runner.store import events as stored_events
from runner.store import inbox, integrations
from runner.store.events import EventFilter
from tests.engine.webhooks.test_receive import event, send
from tests.partners import World, world
from tests.shelf import altered

pytestmark = pytest.mark.each_database

SOON = timedelta(seconds=30)


@pytest.fixture
async def titan(here: World) -> Integration:
    """A connected ServiceTitan whose first syncs are done."""
    integration = await here.connect("servicetitan")
    await here.work(wait=SOON)
    return integration


@pytest.fixture
async def jobs(here: World) -> Integration:
    """A connected Jobber whose first syncs are done."""
    integration = await here.connect("jobber")
    await here.work(wait=SOON)
    return integration


async def all_events(here: World, integration: Integration) -> list[WebhookEvent]:
    return await here.read(lambda c: stored_events.find(c, EventFilter(integration_id=integration.id)))


async def states(here: World, integration: Integration) -> set[EventState]:
    return {one.state for one in await all_events(here, integration)}


def calls(here: World) -> int:
    return here.wire.count("GET", "/jobs/7001")


async def test_a_change_at_the_partner_reaches_the_record(here: World, titan: Integration) -> None:
    here.servicetitan.change("jobs", 7001, jobStatus="Completed")
    await here.servicetitan.deliver()
    await here.work(wait=SOON)
    assert (await here.records(titan, "project"))["7001"].fields["status"] == "completed"
    assert await states(here, titan) <= {EventState.DONE, EventState.DROPPED}


async def test_many_events_of_one_thing_are_fetched_once(here: World, titan: Integration) -> None:
    for number in range(50):
        await send(here, orjson.dumps(event(number)))
    await here.work(wait=SOON)
    assert calls(here) == 1
    assert await states(here, titan) == {EventState.DONE}


async def test_an_event_is_held_for_more_of_its_kind_but_not_for_ever(here: World, titan: Integration) -> None:
    for number in range(20):
        await send(here, orjson.dumps(event(number)))
        await here.work()
        here.clock.advance(0.5)
    assert 1 <= calls(here) <= 3


async def test_a_held_event_says_when_to_come_back(here: World, titan: Integration) -> None:
    await send(here, orjson.dumps(event()))
    drained = await events.drain(here.house, titan.id)
    assert drained.next_at == here.clock.now() + timedelta(seconds=1)
    assert calls(here) == 0


async def test_a_flood_of_held_events_does_not_hide_those_behind_it(here: World, titan: Integration) -> None:
    for number in range(events.CHUNK + 20):
        told = event(number)
        told["data"]["job"]["id"] = 9_000_000 + number
        await send(here, orjson.dumps(told))
    dispatched = event(99_999, "tn.dis.technician-dispatched")
    await send(here, orjson.dumps(dispatched))
    drained = await events.drain(here.house, titan.id)
    assert drained.settled == 1


async def test_a_thing_that_the_partner_does_not_have_is_noted(here: World, titan: Integration) -> None:
    told = event()
    told["data"]["job"]["id"] = 424242
    await send(here, orjson.dumps(told))
    await here.work(wait=SOON)
    assert [(one.state, one.note) for one in await all_events(here, titan)] == [
        (EventState.DONE, "the partner does not have it any more")
    ]


async def test_a_thing_that_is_gone_is_deleted_with_what_it_owned(here: World, jobs: Integration) -> None:
    visits = await here.records(jobs, "appointment")
    crew = [one for one in (await here.records(jobs, "assignment")).values() if one.parent]
    gone = str(crew[0].parent).partition(":")[2]
    assert gone in visits
    here.jobber.remove("visits", gone)
    await here.jobber.deliver()
    await here.work(wait=SOON)
    assert gone not in await here.records(jobs, "appointment")
    assert crew[0].external_id not in await here.records(jobs, "assignment")


async def test_a_deletion_is_not_undone_by_older_news(here: World, jobs: Integration) -> None:
    client = next(iter(await here.records(jobs, "contact")))
    here.jobber.change("clients", client, companyName="Late")
    here.jobber.remove("clients", client)
    await here.jobber.deliver()
    await here.work(wait=SOON)
    assert client not in await here.records(jobs, "contact")


async def test_an_event_that_names_a_sync_wakes_it(here: World, titan: Integration) -> None:
    before = here.wire.count("GET", "/appointment-assignments")
    await send(here, orjson.dumps(event(kind="tn.dis.technician-dispatched")))
    await here.work(wait=SOON)
    assert here.wire.count("GET", "/appointment-assignments") == before + 1


async def test_a_company_that_takes_the_app_away_is_disconnected(here: World, jobs: Integration) -> None:
    here.clock.advance(60)
    here.jobber.disconnect()
    await here.jobber.deliver()
    await here.work(wait=SOON)
    after = await here.read(lambda c: integrations.get(c, jobs.id))
    assert after.state is State.DISABLED
    assert after.reason is not None
    assert "Connect Jobber again" in after.reason.remedy


async def test_a_disconnection_of_the_past_does_not_undo_a_new_connection(here: World, jobs: Integration) -> None:
    here.clock.advance(60)
    here.jobber.disconnect()
    await here.jobber.deliver()
    here.clock.advance(60)
    await here.consent(jobs)
    await here.work(wait=SOON)
    assert (await here.read(lambda c: integrations.get(c, jobs.id))).state is State.ACTIVE


async def test_a_partner_that_is_down_costs_no_attempt(here: World, titan: Integration) -> None:
    here.servicetitan.fail_next(1000, 503, on="/jobs/{")
    await send(here, orjson.dumps(event()))
    here.clock.advance(2)
    drained = await events.drain(here.house, titan.id)
    assert drained.put_off == 1
    assert drained.next_at is not None
    assert drained.next_at > here.clock.now()
    (parked,) = await all_events(here, titan)
    assert (parked.state, parked.attempts) == (EventState.PENDING, 0)


async def test_what_was_parked_is_done_once_the_partner_is_back(here: World, titan: Integration) -> None:
    here.servicetitan.fail_next(12, 503, on="/jobs/{")
    await send(here, orjson.dumps(event()))
    await here.work(wait=timedelta(hours=1))
    assert await states(here, titan) == {EventState.DONE}


async def test_an_event_that_keeps_failing_is_given_up_and_can_be_replayed(here: World, titan: Integration) -> None:
    here.servicetitan.fail_next(MOST_ATTEMPTS, 400, on="/jobs/{")
    await send(here, orjson.dumps(event()))
    await here.work(wait=timedelta(days=1))
    (spent,) = await all_events(here, titan)
    assert spent.state is EventState.DEAD
    assert "400" in str(spent.note)
    await here.write(lambda c: inbox.replay(c, EventFilter(ids=[spent.id])))
    await events.drain(here.house, titan.id)
    assert await states(here, titan) == {EventState.DONE}


async def test_an_event_that_cannot_be_read_fails_alone(here: World, titan: Integration) -> None:
    told = event(2, "tn.jpm.job-updated")
    await send(here, orjson.dumps(told | {"data": {"tenantId": 123456789, "job": {"id": {"no": "id"}}}}))
    await send(here, orjson.dumps(event(1)))
    await here.work(wait=timedelta(days=1))
    assert sorted(one.state for one in await all_events(here, titan)) == [EventState.DEAD, EventState.DONE]


async def test_events_of_a_disabled_integration_stay_as_they_are(here: World, titan: Integration) -> None:
    await send(here, orjson.dumps(event()))
    await disconnect(here.house, titan, Reason("disconnected", "switched off"))
    here.clock.advance(5)
    assert await events.drain(here.house, titan.id) == events.Drained()
    assert await states(here, titan) == {EventState.PENDING}


async def test_events_of_an_integration_that_is_gone_are_no_work(here: World) -> None:
    assert await events.drain(here.house, "nobody") == events.Drained()


async def test_a_whole_payload_in_an_event_is_mapped_without_a_call(database_url: str) -> None:
    old = "tn.jpm.job-*: {do: fetch, endpoint: job, with: {id: data.job.id}, processor: job, coalesce: 1s}"
    connectors = altered("servicetitan", (old, "tn.jpm.job-*: {do: process, processor: job, payload: data.job}"))
    async with world(database_url, connectors=connectors) as here:
        titan = await here.connect("servicetitan")
        await here.work(wait=SOON)
        row = dict(here.servicetitan.table("jobs").row(7001))
        newer = row | {"jobStatus": "Hold", "modifiedOn": "2026-05-04T16:00:00Z"}
        older = row | {"jobStatus": "InProgress", "modifiedOn": "2026-05-04T15:59:00Z"}
        for number, job in enumerate((newer, older)):
            told = event(number)
            told["data"]["job"] = job
            await send(here, orjson.dumps(told))
        broken = event(7)
        broken["data"]["job"] = {"id": 1}
        await send(here, orjson.dumps(broken))
        asked = here.wire.count("GET", "/jobs/")
        await here.work(wait=SOON)
        assert (await here.records(titan, "project"))["7001"].fields["status"] == "on_hold"
        assert here.wire.count("GET", "/jobs/") == asked
        notes = [one.note for one in await all_events(here, titan)]
        assert sum(str(note).startswith("quarantined") for note in notes) == 1


@pytest.fixture
async def quiet(database_url: str) -> AsyncIterator[World]:
    async with world(database_url) as opened:
        yield opened


async def test_an_integration_in_error_keeps_its_events_until_it_is_connected_again(quiet: World) -> None:
    titan = await quiet.connect("servicetitan")
    await quiet.work(wait=SOON)
    quiet.servicetitan.fail_next(1, 403, on="/jobs/{")
    await send(quiet, orjson.dumps(event()))
    await quiet.work(wait=SOON)
    assert (await quiet.read(lambda c: integrations.get(c, titan.id))).state is State.ERROR
    assert await states(quiet, titan) == {EventState.PENDING}
    assert (await quiet.connect("servicetitan")).state is State.ACTIVE
    await quiet.work(wait=SOON)
    assert await states(quiet, titan) == {EventState.DONE}


async def test_an_integration_in_error_is_not_called(quiet: World) -> None:
    titan = await quiet.connect("servicetitan")
    await quiet.work(wait=SOON)
    await quiet.write(lambda c: integrations.set_state(c, titan.id, State.ERROR, None, quiet.clock.now()))
    sent = len(quiet.wire.requests)
    for number in range(3):
        await send(quiet, orjson.dumps(event(number)))
        await quiet.work(wait=SOON)
    assert len(quiet.wire.requests) == sent
