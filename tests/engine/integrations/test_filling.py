from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from runner.engine.integrations import connect, filling
from runner.engine.integrations.filling import Filled
from runner.errors import SettingsError
from runner.model.integration import State
from tests.partners import SETTINGS, World, world

TITAN = SETTINGS["servicetitan"]


def filled(**texts: str) -> Filled:
    return Filled("production", None, texts)


async def test_secrets_are_told_from_what_is_shown(here: World) -> None:
    connector = here.house.connectors.get("servicetitan")
    given = filled(**TITAN)
    assert given.shown(connector) == {"tenant_id": "123456789", "client_id": "servicetitan-client"}
    assert {name: secret.reveal() for name, secret in given.credential(connector).values.items()} == {
        "client_secret": "servicetitan-secret"
    }
    assert "servicetitan-secret" not in repr(given)


async def test_what_is_missing_may_come_later_and_what_is_wrong_may_not(here: World) -> None:
    connector = here.house.connectors.get("servicetitan")
    filling.check(here.house, connector, filled(), later=True)
    with pytest.raises(SettingsError, match="Tenant ID is missing"):
        filling.check(here.house, connector, filled())
    with pytest.raises(SettingsError, match="does not have the form"):
        filling.check(here.house, connector, filled(tenant_id="x"), later=True)


async def test_what_is_missing_leaves_it_pending(here: World) -> None:
    made = await connect.begin(here.house, "acme", "servicetitan", settings={"tenant_id": "1"}, later=True)
    assert (made.state, made.settings) == (State.PENDING, {"tenant_id": "1"})
    assert here.wire.requests == []


async def test_what_was_filled_in_stands_when_nothing_is_said(here: World) -> None:
    await connect.begin(here.house, "acme", "servicetitan", settings={**TITAN, "client_secret": "wrong"})
    again = await connect.begin(here.house, "acme", "servicetitan", later=True)
    stored = await here.read(lambda c: filling.stored(c, here.house, here.house.connectors.get("servicetitan"), again))
    assert stored.texts == {**TITAN, "client_secret": "wrong"}


async def test_filling_in_connects_at_once_where_nobody_must_consent(here: World) -> None:
    begun = await connect.begin(here.house, "acme", "servicetitan", later=True)
    assert (await connect.fill(here.house, begun, filled(**TITAN))).state is State.ACTIVE


async def test_where_somebody_must_it_waits(here: World) -> None:
    begun = await connect.begin(here.house, "acme", "jobber")
    assert (await connect.fill(here.house, begun, filled())).state is State.PENDING


@pytest.fixture
async def wide(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("googlecalendar",)) as opened:
        yield opened


async def test_beginning_once_more_makes_no_second_one_where_a_company_may_have_many(wide: World) -> None:
    first = await connect.begin(wide.house, "acme", "googlecalendar", settings={"calendar_id": "a@example.com"})
    again = await connect.begin(wide.house, "acme", "googlecalendar", settings={"calendar_id": "a@example.com"})
    bare = await connect.begin(wide.house, "acme", "googlecalendar")
    assert (first.state, {again.id, bare.id}) == (State.PENDING, {first.id})
    assert bare.settings == {"calendar_id": "a@example.com"}


async def test_another_account_or_company_is_another_one(wide: World) -> None:
    first = await connect.begin(wide.house, "acme", "googlecalendar", settings={"calendar_id": "a@example.com"})
    other = await connect.begin(wide.house, "acme", "googlecalendar", settings={"calendar_id": "b@example.com"})
    strange = await connect.begin(wide.house, "other", "googlecalendar", settings={"calendar_id": "a@example.com"})
    assert len({first.id, other.id, strange.id}) == 3


async def test_what_is_connected_leaves_room_for_another(wide: World) -> None:
    first = await wide.connect("googlecalendar")
    begun = await connect.begin(wide.house, "acme", "googlecalendar")
    assert (first.state, begun.state, begun.id == first.id) == (State.ACTIVE, State.PENDING, False)
