"""Pipedrive's marketplace: people come back without a state of ours."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from runner.connector.config import Connecting
from runner.engine.house import House
from runner.engine.integrations import connect
from runner.model.secret import Secret
from runner.service import tickets
from runner.service.app import App
from runner.service.settings import Settings
from tests.apps import with_apps
from tests.browse import go_on
from tests.partners import APPS, BASE, World


@pytest.fixture
def house(here: World) -> House:
    """With an app at Pipedrive."""
    app = {"client_id": "pipedrive-app", "client_secret": Secret("pipedrive-secret")}
    return with_apps(here.house, {**APPS, "pipedrive": app})


@pytest.fixture
def web(house: House) -> httpx.AsyncClient:
    return opened(house)


def opened(house: House) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=App(house, Settings.read({}))), base_url=BASE)


async def test_who_was_connecting_goes_on_with_a_consent_of_our_own(house: House, web: httpx.AsyncClient) -> None:
    begun = await connect.begin(house, "acme", "pipedrive")
    first = await go_on(web, tickets.link(house, begun).url)
    back = await web.get("/oauth/callback", params={"code": "from-the-marketplace"})
    again = urlsplit(back.headers["location"])
    assert (back.status_code, again.hostname) == (303, "oauth.pipedrive.com")
    assert parse_qs(again.query)["state"] != parse_qs(urlsplit(first.headers["location"]).query)["state"]
    assert "from-the-marketplace" not in back.headers["location"]


async def test_another_browser_goes_on_with_nothing(house: House, web: httpx.AsyncClient) -> None:
    await go_on(web, tickets.link(house, await connect.begin(house, "acme", "pipedrive")).url)
    web.cookies.clear()
    page = await web.get("/oauth/callback", params={"code": "x"})
    assert (page.status_code, "click Connect there" in page.text) == (200, True)


async def test_a_session_for_another_connector_is_left_alone(house: House, web: httpx.AsyncClient) -> None:
    await go_on(web, tickets.link(house, await connect.begin(house, "acme", "jobber")).url)
    assert "One more step" in (await web.get("/oauth/callback", params={"code": "x"})).text


async def test_the_host_may_have_a_page_for_who_begins_at_the_partner(house: House) -> None:
    config = house.config.model_copy(update={"connect": Connecting(start_page="https://app.example.com/integrations")})
    back = await opened(replace(house, config=config)).get("/oauth/callback", params={"code": "x"})
    assert back.headers["location"] == "https://app.example.com/integrations?connector=pipedrive"
