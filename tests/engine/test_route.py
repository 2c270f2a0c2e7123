from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runner.engine.route import Router
from runner.model.event import Delivery, EventState, WebhookEvent
from runner.model.integration import Integration, State
from runner.store import events, inbox, integrations, subscriptions
from runner.store.events import EventFilter
from runner.store.inbox import Accepted, Arrival
from runner.store.subscriptions import Subscribed, SubscriptionState
from runner.testing.clock import START
from tests.partners import KEYS, World


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
    assert accepted.unrouted == (0 if goes else 1)
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


def bound(number: int, account_id: str | None, address: str, subscription: str | None = None) -> Arrival:
    """One that was proved by a secret of the integration in its address."""
    made = arrival(number, account_id, address)
    return replace(made, bound=True, events=(replace(made.events[0], subscription=subscription),))


async def states(here: World) -> dict[str, EventState]:
    return {one.id: one.state for one in await here.read(lambda c: events.find(c, EventFilter()))}


async def test_a_secret_of_one_company_does_not_speak_for_another(here: World) -> None:
    await add(here, "i1", State.ACTIVE, "a")
    await add(here, "i2", State.ACTIVE, "b")
    await accept(here, bound(1, "b", "i1"), bound(2, "a", "i1"), bound(3, None, "i1"), bound(4, "c", "i1"))
    assert await routes(here) == {"e1": None, "e2": "i1", "e3": "i1", "e4": None}
    assert (await states(here))["e1"] is EventState.DROPPED
    assert (await states(here))["e4"] is EventState.DROPPED  # nor for one that is connected later


async def subscribed(here: World, integration_id: str, name: str) -> None:
    made = Subscribed(f"key-{name}", integration_id, "jobber", SubscriptionState.LIVE, START, external_id=name)
    await here.write(lambda c: subscriptions.add(c, KEYS, made, {"secret": "s"}))


async def test_an_event_by_anothers_subscription_is_left_out(here: World) -> None:
    await add(here, "i1", State.ACTIVE, "a")
    await add(here, "i2", State.ACTIVE, "b")
    await subscribed(here, "i1", "w1")
    await subscribed(here, "i2", "w2")
    await accept(here, bound(1, None, "i1", "w1"), bound(2, None, "i1", "w2"), bound(3, None, "i1", "unheard-of"))
    assert await routes(here) == {"e1": "i1", "e2": None, "e3": "i1"}
    assert (await states(here))["e2"] is EventState.DROPPED


async def test_a_subscription_names_the_integration_where_the_address_does_not(here: World) -> None:
    await add(here, "i1", State.ACTIVE, "a")
    await add(here, "i2", State.DISABLED, "b")
    await subscribed(here, "i1", "w1")
    await subscribed(here, "i2", "w2")
    by = {1: "w1", 2: "w2", 3: "unheard-of"}
    sent = [replace(arrival(n, None), events=(replace(arrival(n, None).events[0], subscription=by[n]),)) for n in by]
    await accept(here, *sent)
    assert await routes(here) == {"e1": "i1", "e2": None, "e3": None}


async def test_what_came_to_the_address_of_one_not_yet_open_runs_once_it_is(here: World) -> None:
    await add(here, "i1", State.PENDING, "a")
    await add(here, "i2", State.PENDING, "b")
    await accept(here, bound(1, None, "i1"), bound(2, None, "i2"), bound(3, "a", "i1"))
    one = await here.read(lambda c: integrations.get(c, "i1"))
    assert await here.write(lambda c: inbox.route(c, replace(one, account_id=None))) == 1
    assert await routes(here) == {"e1": "i1", "e2": None, "e3": None}
    assert (await states(here))["e1"] is EventState.PENDING


async def test_what_one_environment_proves_goes_to_none_of_another(here: World) -> None:
    await add(here, "i1", State.ACTIVE, "a")
    await add(here, "i2", State.ACTIVE, "b")
    await subscribed(here, "i1", "w1")
    sent = [arrival(1, "a"), arrival(2, None, "i1"), arrival(3, "a", "i1"), arrival(4, "b"), arrival(5, None)]
    sent[4] = replace(sent[4], events=(replace(sent[4].events[0], subscription="w1"),))
    told = [replace(one, delivery=replace(one.delivery, environments=frozenset({"sandbox"}))) for one in sent]
    assert [one.unrouted for one in await accept(here, *told)] == [1] * 5
    for one in told:
        again = replace(one, id=f"{one.id}p", events=(replace(one.events[0], id=f"{one.events[0].id}p"),))
        await accept(here, replace(again, delivery=replace(one.delivery, environments=frozenset({"production"}))))
    told_now = await routes(here)
    assert {id_: told_now[id_] for id_ in ("e1p", "e2p", "e3p", "e4p", "e5p")} == {
        "e1p": "i1", "e2p": "i1", "e3p": "i1", "e4p": "i2", "e5p": "i1"
    }  # fmt: skip
    assert {told_now[f"e{number}"] for number in range(1, 6)} == {None}
