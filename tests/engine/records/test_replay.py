from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from runner.engine.records import replay
from runner.engine.webhooks import events
from runner.errors import NotFound
from runner.model.event import EventState
from runner.model.push import PushState
from runner.store import events as stored_events
from runner.store import pushes, quarantine
from runner.store.dead import Which
from runner.store.events import EventFilter
from runner.testing.clock import START
from tests.engine.host import Host, open_host
from tests.engine.records.test_process import Hall, job
from tests.engine.webhooks.test_receive import event, send
from tests.partners import World


@pytest.fixture
async def host(here: World) -> Host:
    return await open_host(here)


async def test_a_done_event_can_be_run_again(here: World) -> None:
    titan = await here.connect("servicetitan")
    await send(here, orjson.dumps(event()))
    await here.work(wait=timedelta(seconds=30))
    calls = here.wire.count("GET", "/jobs/7001")
    assert await replay.replay_events(here.house, EventFilter(integration_id=titan.id, state=EventState.DONE)) == 1
    await here.work(wait=timedelta(seconds=30))
    assert here.wire.count("GET", "/jobs/7001") == calls + 1
    assert (await here.read(lambda c: stored_events.counts(c)))[EventState.DONE] == 1
    assert (await events.drain(here.house, titan.id)).settled == 0


async def test_a_failed_push_can_be_sent_again(host: Host) -> None:
    await host.store("project", "1", {"name": "Roof"})
    host.here.companycam.fail_next(1, 422)
    await host.drain()
    assert (await host.only()).state is PushState.FAILED
    assert await replay.replay_pushes(host.here.house, Which(failed=True)) == 1
    await host.drain()
    assert (await host.only()).state is PushState.DONE
    assert await replay.replay_pushes(host.here.house, Which(failed=True)) == 0


async def test_quarantined_payloads_are_mapped_again_and_stay_as_old_as_they_are(here: World) -> None:
    titan = await here.connect("servicetitan")
    now = here.clock.now()
    good, bad = job(1), job(2, locationId=None)
    await here.write(lambda c: [quarantine.put(c, titan.id, "job", str(p["id"]), p, [], now) for p in (good, bad)])
    counts = await replay.replay_quarantine(here.house, integration_id=titan.id)
    assert (counts.created, counts.quarantined) == (1, 1)
    left = await here.read(lambda c: quarantine.find(c, titan.id))
    assert [one.external_id for one in left] == ["2"]
    assert set(await here.records(titan, "project")) == {"1"}
    assert await here.read(lambda c: pushes.find(c)) == []


async def test_an_older_quarantined_payload_does_not_undo_what_came_since(here: World) -> None:
    titan = await here.connect("servicetitan")
    hall = Hall(here, "servicetitan", "job")
    hall.integration = titan
    await hall.admit(job(1, jobStatus="Completed", modifiedOn="2026-05-04T15:10:00Z"))
    now = here.clock.now()
    await here.write(lambda c: quarantine.put(c, titan.id, "job", "1", job(1), [], now))
    assert (await replay.replay_quarantine(here.house, integration_id=titan.id)).stale == 1


async def test_what_is_not_there_is_named(here: World) -> None:
    with pytest.raises(NotFound, match="there is no push 7, 8"):
        await replay.replay_pushes(here.house, Which(ids=[7, 8]))
    with pytest.raises(NotFound, match="there is no quarantined payload 9"):
        await replay.replay_quarantine(here.house, ["9"])


async def test_duplicates_are_replayed_only_when_they_are_meant(here: World) -> None:
    titan = await here.connect("servicetitan")
    for _ in range(2):
        await send(here, orjson.dumps(event()))
    await here.work(wait=timedelta(seconds=30))
    assert await replay.replay_events(here.house, EventFilter(integration_id=titan.id)) == 1
    assert await replay.replay_events(here.house, EventFilter(state=EventState.DUPLICATE)) == 1


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        (EventFilter(type="tn.jpm.job*"), 3),
        (EventFilter(type="tn.jpm.job"), 0),
        (EventFilter(type="tn_jpm*"), 0),
        (EventFilter(connector="servicetitan"), 4),
        (EventFilter(connector="jobber"), 0),
        (EventFilter(since=START + timedelta(seconds=15)), 2),
        (EventFilter(since=START, until=START + timedelta(seconds=15)), 2),
    ],
)
async def test_events_are_chosen_by_what_they_are(here: World, chosen: EventFilter, count: int) -> None:
    await here.connect("servicetitan")
    for number in range(3):
        await send(here, orjson.dumps(event(number)))
        here.clock.advance(10)
    await send(here, orjson.dumps(event(9, "tn.dis.technician-dispatched")))
    assert await replay.replay_events(here.house, chosen) == count
