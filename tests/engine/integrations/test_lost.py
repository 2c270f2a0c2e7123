from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from runner.engine.integrations import connect
from runner.engine.integrations.lost import give_up
from runner.errors import NotFound, SettingsError
from runner.model.integration import Integration, State
from runner.store import integrations
from runner.store.keys import KeyRing
from runner.store.store import Store
from runner.store.vault import Vault
from runner.testing.clock import START
from tests.partners import SETTINGS, World

OTHER = Vault(KeyRing.parse("k2:" + base64.b64encode(b"2" * 32).decode()))


def lost(here: World) -> Store:
    """The store as it is with the keys of another operator."""
    return replace(here.house.store, vault=OTHER)


async def stands(here: World, integration: Integration) -> Integration:
    return await here.read(lambda c: integrations.get(c, integration.id))


async def test_what_a_lost_key_sealed_is_connected_again(here: World) -> None:
    cam = await here.connect("companycam")
    assert await here.write(lambda c: give_up(c, lost(here), "k1", START)) == [cam.id]
    after = await stands(here, cam)
    assert after.state is State.ERROR
    assert after.reason is not None
    assert after.reason.code == "credential-lost"
    again = await connect.begin(here.house, "acme", "companycam", settings=SETTINGS["companycam"])
    assert (again.id, again.state) == (cam.id, State.ACTIVE)


async def test_one_that_was_never_connected_stays_so(here: World) -> None:
    pending = await connect.begin(here.house, "acme", "jobber")
    await here.write(lambda c: give_up(c, lost(here), "k1", START))
    assert (await stands(here, pending)).state is State.PENDING


async def test_a_key_that_opens_what_it_sealed_is_not_lost(here: World) -> None:
    cam = await here.connect("companycam")
    with pytest.raises(SettingsError, match="it opens what it sealed"):
        await here.write(lambda c: give_up(c, here.house.store, "k1", START))
    assert await stands(here, cam) == cam


async def test_a_key_that_sealed_nothing_is_not_found(here: World) -> None:
    with pytest.raises(NotFound, match="k7"):
        await here.write(lambda c: give_up(c, lost(here), "k7", START))
