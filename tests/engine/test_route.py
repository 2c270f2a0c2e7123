from __future__ import annotations

from typing import Any

import pytest

from runner.engine.route import Router
from runner.model.event import Delivery, EventState, WebhookEvent
from runner.model.integration import Integration, State
from runner.store import events, integrations
from runner.store.events import EventFilter
from runner.store.inbox import Accepted, Arrival
from tests.clock import START
from tests.partners import World


def arrival(number: int, account_id: str | None, integration_id: str | None = None) -> Arrival:
    delivery = Delivery("jobber", "POST", "https://x/", {}, b"{}", START, integration_id)
    event = WebhookEvent(f"e{number}", "jobber", "T", f"k{number}", account_id, {}, START)
    return Arrival(f"d{number}", delivery, (event,))


async def accept(here: World, *arrivals: Arrival) -> list[Accepted]:
    router = Router(here.house.store.inbox)
    return await here.write(lambda c: router.accept(c, list(arrivals)))


async def add(here: World, name: str, state: State, account_id: str = "a", **more: Any) -> None:
    made = Integration(name, name, "jobber", "production", state, account_id=account_id, created_at=START, **more)
    await here.write(lambda c: integrations.add(c, made))


async def routes(here: World) -> dict[str, str | None]:
    found = await here.read(lambda c: events.find(c, EventFilter()))
    return {one.id.partition("-")[0]: one.integration_id for one in found}


@pytest.mark.parametrize(
    ("state", "goes"), [(State.ACTIVE, True), (State.ERROR, True), (State.DISABLED, False), (State.PENDING, False)]
)
async def test_only_an_integration_that_is_open_takes_events(here: World, state: State, goes: bool) -> None:
    await add(here, "i1", state)
    (accepted,) = await accept(here, arrival(1, "a"))
    assert accepted.unroutable == (0 if goes else 1)
    assert await routes(here) == {"e1": "i1" if goes else None}


async def test_events_of_many_accounts_in_one_batch_each_find_theirs(here: World) -> None:
    await add(here, "i1", State.ACTIVE, "a")
    await add(here, "i2", State.ACTIVE, "b")
    await accept(here, arrival(1, "a"), arrival(2, "b"), arrival(3, "a"), arrival(4, None), arrival(5, "c"))
    assert await routes(here) == {"e1": "i1", "e2": "i2", "e3": "i1", "e4": None, "e5": None}


async def test_an_address_does_not_outweigh_the_account_that_the_event_names(here: World) -> None:
    await add(here, "i1", State.ACTIVE, "a")
    await add(here, "i2", State.ACTIVE, "b")
    await accept(here, arrival(1, "b", "i1"), arrival(2, None, "i1"), arrival(3, None, "nobody"))
    assert await routes(here) == {"e1": "i2", "e2": "i1", "e3": None}


async def test_one_wake_up_serves_many_events(here: World) -> None:
    await add(here, "i1", State.ACTIVE)
    await accept(here, *(arrival(number, "a") for number in range(50)))
    assert (await here.house.store.queue.depth())["waiting"] == 1
    counts = await here.read(lambda c: events.counts(c))
    assert counts[EventState.PENDING] == 50
