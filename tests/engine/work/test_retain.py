from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from runner.connector.retention import Retention
from runner.engine.actions.once import once
from runner.engine.house import House
from runner.engine.work.retain import BATCH, PAUSE, Removed, retain
from runner.model.event import Delivery, EventState, WebhookEvent
from runner.store import events, retention
from runner.store.events import EventFilter
from runner.store.inbox import Arrival
from tests.partners import World

pytestmark = pytest.mark.each_database

NOISE = Random(1).randbytes(4_000)
"""Which no database makes smaller."""


async def fill(here: World, count: int, state: EventState = EventState.DONE, body: bytes = b"{}") -> None:
    """So many deliveries of one event each, now."""
    now = here.clock.now()
    delivery = Delivery("jobber", "POST", "https://x/webhooks/jobber", {}, body, now)

    def event(name: str) -> WebhookEvent:
        return WebhookEvent(name, "jobber", "CLIENT_UPDATE", name, "acc", {}, now, state=state)

    names = [f"{state}-{now.timestamp()}-{number}" for number in range(count)]
    inbox = here.house.store.inbox
    await here.write(lambda c: inbox.accept(c, [Arrival(name, delivery, (event(name),)) for name in names]))


async def left(here: World) -> int:
    return len(await here.read(lambda c: events.find(c, EventFilter(), limit=10_000)))


def ruled(here: World, **rules: object) -> House:
    config = here.house.config.model_copy(update={"retention": Retention.model_validate(rules)})
    return replace(here.house, config=config)


async def test_what_is_old_goes_and_what_is_young_stays(here: World) -> None:
    await fill(here, 3)
    here.clock.advance(timedelta(days=29).total_seconds())
    await fill(here, 2)
    assert await retain(here.house) == Removed()
    here.clock.advance(timedelta(days=1, seconds=1).total_seconds())
    assert (await retain(here.house)).events == 3
    assert await left(here) == 2
    assert "removed" in here.log.events()


async def test_what_failed_waits_longer(here: World) -> None:
    await fill(here, 1, EventState.DEAD)
    here.clock.advance(timedelta(days=179).total_seconds())
    assert await retain(here.house) == Removed()
    here.clock.advance(timedelta(days=2).total_seconds())
    assert (await retain(here.house)).failed == 1


async def test_nothing_goes_while_its_partner_may_repeat_it(here: World) -> None:
    await fill(here, 1)
    here.clock.advance(timedelta(days=6).total_seconds())
    assert await retain(ruled(here, deliveries="1h", failed="1h", size="1MB")) == Removed()
    here.clock.advance(timedelta(days=2).total_seconds())
    assert (await retain(ruled(here, deliveries="1h"))).events == 1


async def test_it_works_in_batches_with_pauses_so_that_others_have_their_turn(here: World) -> None:
    await fill(here, 2 * BATCH + 1)
    here.clock.advance(timedelta(days=31).total_seconds())
    here.clock.slept.clear()
    assert (await retain(here.house)).events == 2 * BATCH + 1
    assert here.clock.slept.count(PAUSE) >= 4


async def test_a_database_too_large_loses_the_oldest_before_their_time(here: World) -> None:
    for _ in range(3):
        await fill(here, BATCH, body=NOISE)
        here.clock.advance(timedelta(days=2).total_seconds())
    here.clock.advance(timedelta(days=4).total_seconds())
    size = await here.read(retention.size)
    removed = await retain(ruled(here, size=f"{(size - 200_000) / 1e6:.3f}MB"))
    assert removed == Removed(early=BATCH)
    assert await left(here) == 2 * BATCH


async def test_a_database_that_cannot_shrink_is_told_of(here: World) -> None:
    await fill(here, 1)
    await retain(ruled(here, size="0.001MB"))
    assert "database-too-large" in here.log.events()


@pytest.mark.parametrize("size", ["2", "0GB", "2kB", "GB", "-1GB", "1e3MB"])
def test_a_size_has_a_number_and_a_unit(size: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        Retention.model_validate({"size": size})


def test_sizes_are_in_bytes() -> None:
    assert Retention.model_validate({"size": "1.5GB"}).size == 1_500_000_000


async def test_acts_go_with_the_runs_and_their_keys_are_free_then(here: World) -> None:
    host = await here.connect("companycam")
    first = await once(here.house, host, "create_project", {"name": "Roof"}, "k1")
    here.clock.advance(timedelta(days=90, seconds=1).total_seconds())
    assert (await retain(here.house)).acts == 1
    assert (await once(here.house, host, "create_project", {"name": "Roof"}, "k1")).result != first.result
