"""Pipedrive sends DELETE to the callback address when a company removes the app."""

from __future__ import annotations

import base64

import pytest

from runner.engine.house import House
from runner.engine.integrations.uninstall import uninstalled
from runner.errors import BadSignature, MalformedDelivery
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.model.secret import Secret
from runner.store import integrations
from tests.apps import with_apps
from tests.partners import APPS, World

LIVE = {"client_id": "live-app", "client_secret": Secret("live-secret")}
TRIED = {"client_id": "tried-app", "client_secret": Secret("tried-secret")}
BODY = b'{"client_id": "live-app", "company_id": 77, "user_id": 5, "timestamp": "2026-05-04T15:20:10Z"}'


@pytest.fixture
def house(here: World) -> House:
    config = here.house.config.model_copy(
        update={"environments": {"pipedrive": {"sandbox": {"api": "x", "oauth": "y"}}}}
    )
    return with_apps(here.house, {**APPS, "pipedrive": LIVE, "pipedrive/sandbox": TRIED}, config)


async def connected(here: World, house: House, name: str, environment: str = "production") -> Integration:
    made = Integration(name, name, "pipedrive", environment, State.ACTIVE, account_id="77", created_at=here.clock.now())
    await here.write(lambda c: integrations.add(c, made))
    await here.write(lambda c: house.store.vault.put(c, name, Credential(access_token=Secret("t")), here.clock.now()))
    return made


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def test_the_accounts_integrations_are_disconnected(here: World, house: House) -> None:
    made = await connected(here, house, "acme")
    assert await uninstalled(house, "DELETE", basic("live-app", "live-secret"), BODY) == 1
    after = await here.read(lambda c: integrations.get(c, made.id))
    assert (after.state, after.reason and after.reason.code) == (State.DISABLED, "partner-disconnected")
    assert await uninstalled(house, "DELETE", basic("live-app", "live-secret"), BODY) == 0


async def test_an_app_speaks_for_its_own_environment(here: World, house: House) -> None:
    await connected(here, house, "live")
    await connected(here, house, "tried", "sandbox")
    assert await uninstalled(house, "DELETE", basic("tried-app", "tried-secret"), BODY) == 1
    assert (await here.read(lambda c: integrations.get(c, "live"))).state is State.ACTIVE


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!!", "Bearer x", basic("live-app", "tried-secret"), basic("live-app", ""), "Basic é"],
)
async def test_a_stranger_is_refused(here: World, house: House, header: str) -> None:
    await connected(here, house, "acme")
    with pytest.raises(BadSignature):
        await uninstalled(house, "DELETE", header, BODY)
    assert (await here.read(lambda c: integrations.get(c, "acme"))).state is State.ACTIVE


async def test_another_method_is_nobodys(house: House) -> None:
    with pytest.raises(BadSignature):
        await uninstalled(house, "POST", basic("live-app", "live-secret"), BODY)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"company_id": null}', b'{"company_id": {"a": 1}}', b"\xff"])
async def test_a_body_without_an_account_is_malformed(house: House, body: bytes) -> None:
    with pytest.raises(MalformedDelivery):
        await uninstalled(house, "DELETE", basic("live-app", "live-secret"), body)


async def test_without_an_app_nobody_can_say_so(here: World) -> None:
    with pytest.raises(BadSignature):
        await uninstalled(here.house, "DELETE", basic("", ""), BODY)
