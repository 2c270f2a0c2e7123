from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event

from runner.engine.house import House
from runner.engine.webhooks import events
from runner.engine.webhooks.compare import Comparison, compare, differing, flat
from runner.model.integration import Integration
from runner.store import feed
from runner.store.events import EventFilter
from tests.engine.hooked import PHOTOS, Hooked, hooked
from tests.shelf import written


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Hooked]:
    async with hooked(database_url) as opened:
        yield opened


@pytest.fixture
async def photos(here: Hooked) -> Integration:
    made = await here.connect("photos")
    await here.work()
    return made


async def tell(here: Hooked, photos: Integration, *payloads: dict[str, Any]) -> None:
    """Events whose payloads have been taken."""
    for payload in payloads:
        here.clock.advance(1)
        assert (await here.partner.tell("101", "project.updated", payload)).status == 200
    await events.drain(here.house, photos.id)


def mended(here: Hooked, *changes: tuple[str, str]) -> House:
    """The house with another spec."""
    text = PHOTOS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return replace(here.house, connectors=written(photos=text))


async def test_a_spec_that_did_not_change_makes_no_difference(here: Hooked, photos: Integration) -> None:
    await tell(here, photos, {"id": "1", "name": "Roof"}, {"id": "2", "name": "Wall"}, {"id": "1", "name": "Roof 2"})
    assert await compare(here.house, EventFilter()) == Comparison(events=3, same=2)


async def test_a_change_is_told_field_by_field(here: Hooked, photos: Integration) -> None:
    await tell(here, photos, {"id": "1", "name": "Roof", "street": "Main"}, {"id": "2", "name": "WALL", "street": "A"})
    house = mended(here, ("{name: name}", "{name: upper(name), address: {street: street}}"))

    made = await compare(house, EventFilter())

    assert (made.events, made.same, made.changed) == (2, 0, 2)
    told = [(one.external_id, one.field, one.stored, one.made) for one in made.differences]
    assert told == [
        ("1", "address.street", None, "Main"),
        ("1", "name", "Roof", "ROOF"),
        ("2", "address.street", None, "A"),
    ]


async def test_nothing_is_written_and_nobody_is_called(here: Hooked, photos: Integration) -> None:
    await tell(here, photos, {"id": "1", "name": "Roof"})
    before = await here.house.store.database.read(lambda c: feed.find(c, photos.id))
    told, calls = await here.events(), len(here.partner.calls)
    await compare(mended(here, ("{name: name}", "{name: upper(name)}")), EventFilter())
    assert await here.house.store.database.read(lambda c: feed.find(c, photos.id)) == before
    assert await here.events() == told
    assert len(here.partner.calls) == calls


async def test_what_would_be_refused_or_left_out_is_told(here: Hooked, photos: Integration) -> None:
    await tell(here, photos, {"id": "1", "name": "Roof"}, {"id": "2", "name": None}, {"id": "3", "name": "x"})
    house = mended(
        here,
        ("id: id, fields", "id: id, when: {valid: name}, fields"),
        ("  on:\n", "  drop: [{when: payload.name == 'x', because: a trial}]\n  on:\n"),
    )
    made = await compare(house, EventFilter())
    assert (made.same, dict(made.left_out)) == (1, {"a trial": 1})
    assert [one.reason for one in made.refused] == ["the payload is not valid: name"]


async def test_a_record_that_is_newer_than_its_events_is_not_compared(here: Hooked, photos: Integration) -> None:
    await tell(here, photos, {"id": "1", "name": "Roof"})
    first = (await here.events())[-1]
    await tell(here, photos, {"id": "1", "name": "Wall"})
    assert await compare(here.house, EventFilter(ids=[first.id])) == Comparison(events=1, older=1)


async def test_a_deletion_under_a_new_spec_is_a_difference(here: Hooked, photos: Integration) -> None:
    await tell(here, photos, {"id": "1", "name": "Roof"})
    deleting = "project.*: {do: delete, record: project, id: payload.id}"
    house = mended(here, ("project.*: {do: process, processor: project, payload: payload}", deleting))
    (told,) = (await compare(house, EventFilter())).differences
    assert (told.field, told.stored, told.made) == ("(record)", "there", "not there")


async def test_thin_events_are_counted_or_asked_for(here: Hooked) -> None:
    crm = await here.connect("crm")
    at = int(here.clock.now().timestamp() * 1000)
    for number in (1, 2):
        here.partner.deal(number, f"deal {number}", here.clock.now())
    thin = [{"subscriptionType": "deal.creation", "objectId": number, "occurredAt": at} for number in (1, 2)]
    await here.partner.crm(crm, *thin)
    here.clock.advance(30)
    await events.drain(here.house, crm.id)
    here.partner.deal(1, "renamed", here.clock.now())

    assert await compare(here.house, EventFilter()) == Comparison(events=2, unheld=2)
    made = await compare(here.house, EventFilter(), fetch=True)

    assert (made.same, made.changed) == (1, 1)
    assert [(one.field, one.stored, one.made) for one in made.differences] == [("name", "deal 1", "renamed")]
    assert (await here.records(crm))["1"].fields["name"] == "deal 1"


async def test_an_event_of_nobody_is_left_out(here: Hooked, photos: Integration) -> None:
    await tell(here, photos, {"id": "1", "name": "Roof"})
    house = here.house
    await house.store.database.write(lambda c: c.exec_driver_sql("UPDATE events SET integration_id = NULL"))
    assert dict((await compare(house, EventFilter())).left_out) == {"no integration": 1}


async def test_many_events_take_no_more_questions_to_the_store_than_few(here: Hooked, photos: Integration) -> None:
    def many(count: int) -> list[dict[str, str]]:
        return [{"id": str(number), "name": f"n{number}"} for number in range(count)]

    asked: dict[int, int] = {}
    for count in (10, 300):
        await tell(here, photos, *many(count))
        with statements() as ran:
            assert (await compare(here.house, EventFilter())).events >= count
        asked[count] = len(ran)
    assert asked[300] == asked[10] > 0


@contextmanager
def statements() -> Iterator[list[str]]:
    """What any database is asked to run."""
    ran: list[str] = []

    def keep(*given: Any) -> None:
        ran.append(given[2])

    event.listen(Engine, "before_cursor_execute", keep)
    yield ran
    event.remove(Engine, "before_cursor_execute", keep)


def test_fields_inside_fields_have_dotted_names() -> None:
    assert flat({"a": {"b": {"c": 1}, "d": [1]}, "e": None}) == {"a.b.c": 1, "a.d": [1], "e": None}


def test_what_was_never_there_differs_from_what_would_be_gone() -> None:
    assert list(differing(None, None)) == []
