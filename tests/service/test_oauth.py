from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from runner.engine import connect
from runner.model.integration import Integration, State
from runner.service import tickets
from runner.store import integrations
from tests.partners import BASE, World


@pytest.fixture
async def pending(here: World) -> Integration:
    return await connect.begin(here.house, "acme", "jobber")


async def begun(here: World, web: httpx.AsyncClient, integration: Integration, redirect_to: str | None = None) -> str:
    """The partner's page, as the browser is sent there."""
    answer = await web.get(tickets.link(here.house, integration, redirect_to))
    assert answer.status_code == 303
    return answer.headers["location"]


def approved(here: World, location: str) -> dict[str, str]:
    """What the partner sends the browser back with."""
    asked = parse_qs(urlsplit(location).query)
    return {"code": here.jobber.grants.code(asked["redirect_uri"][0]), "state": asked["state"][0]}


def state_of(location: str) -> str:
    return parse_qs(urlsplit(location).query)["state"][0]


async def stands(here: World, integration: Integration) -> Integration:
    return await here.read(lambda c: integrations.get(c, integration.id))


async def test_consent_ends_with_a_page_in_plain_words(
    here: World, web: httpx.AsyncClient, pending: Integration
) -> None:
    location = await begun(here, web, pending)
    assert location.startswith("https://api.getjobber.com/api/oauth/authorize?")
    page = await web.get("/oauth/callback", params=approved(here, location))
    assert (page.status_code, "Jobber is connected" in page.text) == (200, True)
    assert (await stands(here, pending)).state is State.ACTIVE


async def test_consent_may_end_at_the_host(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    location = await begun(here, web, pending, f"{BASE}/settings")
    answer = await web.get("/oauth/callback", params=approved(here, location))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BASE}/settings")


async def test_refused_consent_is_told_with_a_way_on(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    state = state_of(await begun(here, web, pending))
    page = await web.get("/oauth/callback", params={"error": "access_denied", "state": state})
    assert (page.status_code, "Access was not given" in page.text) == (400, True)
    assert "<p>Consent was refused at Jobber.</p>\n<p>Click Connect again, and approve.</p>" in page.text
    found = re.search(r'href="([^"]+)"[^>]*>Connect again<', page.text)
    assert found
    again = await web.get(found[1].replace("&amp;", "&"))
    assert again.headers["location"].startswith("https://api.getjobber.com/")


async def test_coming_back_to_what_is_finished_says_so(
    here: World, web: httpx.AsyncClient, pending: Integration
) -> None:
    query = approved(here, await begun(here, web, pending))
    await web.get("/oauth/callback", params=query)
    page = await web.get("/oauth/callback", params=query)
    assert (page.status_code, "This was finished already" in page.text) == (200, True)
    assert "You can close this page." in page.text


async def test_a_state_works_once(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    location = await begun(here, web, pending)
    await web.get("/oauth/callback", params={"error": "access_denied", "state": state_of(location)})
    page = await web.get("/oauth/callback", params=approved(here, location))
    assert (page.status_code, "This page was used already" in page.text) == (400, True)
    assert (await stands(here, pending)).state is State.PENDING


async def test_a_refused_second_consent_is_not_taken_for_the_first(
    here: World, web: httpx.AsyncClient, pending: Integration
) -> None:
    await web.get("/oauth/callback", params=approved(here, await begun(here, web, pending)))
    here.clock.advance(5)
    query = {"error": "access_denied", "state": state_of(await begun(here, web, await stands(here, pending)))}
    await web.get("/oauth/callback", params=query)
    assert "This page was used already" in (await web.get("/oauth/callback", params=query)).text


async def test_a_state_is_too_old_after_ten_minutes(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    location = await begun(here, web, pending)
    here.clock.advance(601)
    page = await web.get("/oauth/callback", params=approved(here, location))
    assert (page.status_code, "That took too long" in page.text) == (400, True)


async def test_another_browser_cannot_finish_it(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    location = await begun(here, web, pending)
    web.cookies.clear()
    page = await web.get("/oauth/callback", params=approved(here, location))
    assert (page.status_code, "another browser" in page.text) == (400, True)
    assert (await stands(here, pending)).state is State.PENDING


@pytest.mark.parametrize("query", [{}, {"state": "x"}, {"code": "x"}, {"error": "<script>", "state": "%"}])
async def test_a_callback_out_of_nowhere_is_a_page(web: httpx.AsyncClient, query: dict[str, str]) -> None:
    page = await web.get("/oauth/callback", params=query)
    assert page.status_code == 400
    assert "<script>" not in page.text


async def test_another_account_is_refused(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    await web.get("/oauth/callback", params=approved(here, await begun(here, web, pending)))
    here.jobber.account["id"] = "another"
    active = await stands(here, pending)
    page = await web.get("/oauth/callback", params=approved(here, await begun(here, web, active)))
    assert (page.status_code, "That is another account" in page.text) == (400, True)
    assert (await stands(here, pending)).account_id == active.account_id


async def test_a_partner_that_is_down_is_told(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    location = await begun(here, web, pending)
    here.jobber.fail_next(50, 500, on="token")
    page = await web.get("/oauth/callback", params=approved(here, location))
    assert (page.status_code, "did not answer as expected" in page.text) == (502, True)


@pytest.mark.parametrize("ticket", ["", "x", "%00", "A" * 300, "AAAA", "é"])
async def test_a_link_that_is_made_up_is_refused(web: httpx.AsyncClient, ticket: str) -> None:
    page = await web.get("/oauth/jobber/authorize", params={"ticket": ticket})
    assert (page.status_code, "does not work any more" in page.text) == (400, True)


async def test_a_link_lives_seven_days(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    link = tickets.link(here.house, pending)
    here.clock.advance(7 * 24 * 3600 + 1)
    assert (await web.get(link)).status_code == 400


@pytest.mark.parametrize("address", ["/oauth/callback", "/oauth/jobber/authorize"])
async def test_pages_are_not_kept_passed_on_or_framed(web: httpx.AsyncClient, address: str) -> None:
    headers = (await web.get(address)).headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "default-src 'none'" in headers["content-security-policy"]


async def test_state_and_code_are_not_logged(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    location = await begun(here, web, pending)
    query = approved(here, location)
    await web.get("/oauth/callback", params={**query, "error": "access_denied"})
    told = repr(here.log.lines)
    assert query["state"] not in told
    assert query["code"] not in told


async def test_the_cookie_is_for_us_alone(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    answer = await web.get(tickets.link(here.house, pending))
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "secure", "samesite=lax", "path=/oauth"))
    assert BASE.startswith("https")
