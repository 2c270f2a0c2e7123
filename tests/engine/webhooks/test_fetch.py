"""Thin events whose things are fetched by the hundred, as HubSpot's batch read has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from runner.engine.webhooks import events
from runner.model.event import EventState
from runner.model.integration import Integration
from tests.engine.hooked import Hooked, hooked


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Hooked]:
    async with hooked(database_url) as opened:
        yield opened


@pytest.fixture
async def crm(here: Hooked) -> Integration:
    return await here.connect("crm")


def change(here: Hooked, id_: int, **more: Any) -> dict[str, Any]:
    at = int(here.clock.now().timestamp() * 1000)
    return {"subscriptionType": "deal.propertyChange", "objectId": id_, "occurredAt": at, **more}


async def drained(here: Hooked, crm: Integration) -> events.Drained:
    here.clock.advance(30)
    return await events.drain(here.house, crm.id)


async def test_many_things_are_fetched_by_one_call(here: Hooked, crm: Integration) -> None:
    for number in range(150):
        here.partner.deal(number, f"deal {number}", here.clock.now())
    told = [change(here, number % 150, propertyName=f"p{number // 150}") for number in range(300)]
    assert (await here.partner.crm(crm, *told)).accepted == 300

    assert (await drained(here, crm)).settled == 300

    assert sorted(len(ids) for ids in here.partner.batches) == [50, 100]
    assert len(await here.records(crm)) == 150


async def test_a_thing_that_does_not_come_back_is_gone(here: Hooked, crm: Integration) -> None:
    here.partner.deal(1, "one", here.clock.now())
    here.partner.deal(2, "two", here.clock.now())
    await here.partner.crm(crm, change(here, 1), change(here, 2))
    await drained(here, crm)
    del here.partner.deals["2"]
    await here.partner.crm(crm, change(here, 1), change(here, 2))
    await drained(here, crm)
    assert list(await here.records(crm)) == ["1"]
    assert {one.note for one in await here.events()} == {None, "gone at the partner"}


async def test_one_that_the_partner_does_not_take_does_not_hold_up_the_others(here: Hooked, crm: Integration) -> None:
    for number in range(20):
        here.partner.deal(number, f"deal {number}", here.clock.now())
    here.partner.poison = "13"
    await here.partner.crm(crm, *(change(here, number) for number in range(20)))
    done = await drained(here, crm)
    assert (done.settled, done.put_off) == (19, 1)
    assert len(await here.records(crm)) == 19


async def test_one_bad_payload_is_quarantined_alone(here: Hooked, crm: Integration) -> None:
    here.partner.deal(1, "one", here.clock.now())
    here.partner.deal(2, None, here.clock.now())
    await here.partner.crm(crm, change(here, 1), change(here, 2))
    await drained(here, crm)
    assert list(await here.records(crm)) == ["1"]
    assert any(str(one.note).startswith("quarantined") for one in await here.events())


async def test_an_event_that_names_no_thing_fails_alone(here: Hooked, crm: Integration) -> None:
    here.partner.deal(1, "one", here.clock.now())
    await here.partner.crm(crm, change(here, 1), change(here, 2) | {"objectId": None, "eventId": 7})
    done = await drained(here, crm)
    assert (done.settled, done.failed) == (1, 1)


async def test_what_is_dropped_by_a_condition_is_kept_with_its_reason(here: Hooked, crm: Integration) -> None:
    received = await here.partner.crm(crm, change(here, 1, changeSource="IMPORT"), change(here, 2))
    assert received.accepted == 2
    told = {(one.state, one.note) for one in await here.events()}
    assert told == {(EventState.DROPPED, "imports come with the next sync"), (EventState.PENDING, None)}


async def test_a_partner_that_is_away_costs_one_call_and_no_attempt(here: Hooked, crm: Integration) -> None:
    for number in range(300):
        here.partner.deal(number, f"deal {number}", here.clock.now())
    here.partner.refuse["/deals/batch/read"] = [(500, {})] * 3
    await here.partner.crm(crm, *(change(here, number) for number in range(300)))
    assert (await drained(here, crm)).put_off == 300
    assert {one.attempts for one in await here.events()} == {0}
    here.clock.advance(timedelta(minutes=2).total_seconds())
    assert (await drained(here, crm)).settled == 300
