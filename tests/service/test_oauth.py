from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from runner.engine.integrations import connect
from runner.model.integration import Integration, State
from runner.service import tickets
from runner.store import integrations
from tests.browse import go_on
from tests.partners import BASE, World


@pytest.fixture
async def pending(here: World) -> Integration:
    return await connect.begin(here.house, "acme", "jobber")


async def begun(here: World, web: httpx.AsyncClient, integration: Integration, redirect_to: str | None = None) -> str:
    """The partner's page, as the browser is sent there."""
    answer = await go_on(web, tickets.link(here.house, integration, redirect_to).url)
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


async def test_a_program_that_looks_ahead_uses_nothing_up(
    here: World, web: httpx.AsyncClient, pending: Integration
) -> None:
    query = approved(here, await begun(here, web, pending))
    looked = await web.head("/oauth/callback", params=query)
    allowed = set(looked.headers["allow"].split(", "))
    assert (looked.status_code, allowed) == (405, {"DELETE", "GET", "POST"})
    assert (await stands(here, pending)).state is State.PENDING
    assert (await web.get("/oauth/callback", params=query)).status_code == 200


async def test_consent_may_end_at_the_host(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    location = await begun(here, web, pending, f"{BASE}/settings")
    answer = await web.get("/oauth/callback", params=approved(here, location))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BASE}/settings")


async def test_refused_consent_is_told_with_a_way_on(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    state = state_of(await begun(here, web, pending, f"{BASE}/settings"))
    page = await web.get("/oauth/callback", params={"error": "access_denied", "state": state})
    assert (page.status_code, "Access was not given" in page.text) == (400, True)
    assert "<p>Consent was refused at Jobber.</p>\n<p>Click Connect again, and approve.</p>" in page.text
    assert f'href="{BASE}/settings"' in page.text
    again = await go_on(web, onward(page))
    assert again.headers["location"].startswith("https://api.getjobber.com/")


def onward(page: httpx.Response) -> str:
    """Where the button of a page leads."""
    return page.text.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")


async def test_coming_back_to_what_is_finished_says_so(
    here: World, web: httpx.AsyncClient, pending: Integration
) -> None:
    query = approved(here, await begun(here, web, pending))
    await web.get("/oauth/callback", params=query)
    page = await web.get("/oauth/callback", params=query)
    assert (page.status_code, "Jobber is connected" in page.text) == (200, True)
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
    assert (await go_on(web, onward(page))).status_code == 303


async def test_another_browser_cannot_finish_it(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    location = await begun(here, web, pending)
    web.cookies.clear()
    page = await web.get("/oauth/callback", params=approved(here, location))
    assert (page.status_code, "another browser" in page.text) == (400, True)
    assert (await stands(here, pending)).state is State.PENDING


async def test_a_state_of_another_link_is_not_finished(here: World, web: httpx.AsyncClient) -> None:
    """The attacker's own consent, to be finished by a victim who is connecting something else."""
    his = await connect.begin(here.house, "attacker", "jobber")
    location = await begun(here, web, his)
    web.cookies.clear()
    await begun(here, web, await connect.begin(here.house, "victim", "jobber"))
    page = await web.get("/oauth/callback", params=approved(here, location))
    assert (page.status_code, "another browser" in page.text) == (400, True)


async def test_a_planted_cookie_is_not_taken(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    """Session fixation: whatever the browser shows must be signed by us, for this very link."""
    location = await begun(here, web, pending)
    (name,) = web.cookies.keys()
    other = await connect.begin(here.house, "attacker", "jobber")
    await begun(here, web, other)
    theirs = next(text for key, text in web.cookies.items() if key != name)
    for planted in ("x", "", theirs):
        web.cookies.clear()
        web.cookies.set(name, planted, domain="runner.example", path="/")
        page = await web.get("/oauth/callback", params=approved(here, location))
        assert (page.status_code, "another browser" in page.text) == (400, True)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=x",
        "error=%3Cscript%3E&state=%25",
        "state=%FF%FE&code=%00",
        "state=a&state=b&code=c",
        "state=a&code=b&code=c",
        f"state={'x' * 20_000}",
        f"code={'x' * 5000}&state=y",
        "state[]=1&state=",
        "&".join(f"p{number}=1" for number in range(500)),
    ],
)
async def test_a_callback_out_of_nowhere_is_a_page(web: httpx.AsyncClient, query: str) -> None:
    page = await web.get(f"/oauth/callback?{query}")
    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")
    assert "<script>" not in page.text
    assert "xxxxx" not in page.text


async def test_a_tampered_state_changes_nothing(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    query = approved(here, await begun(here, web, pending))
    state = query["state"]
    for altered in (state[:-1], state + "x", state.swapcase(), state.partition(".")[0], "." + state):
        assert (await web.get("/oauth/callback", params=query | {"state": altered})).status_code == 400
    assert (await web.get("/oauth/callback", params=query)).status_code == 200


async def test_a_code_is_not_taken_twice(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    query = approved(here, await begun(here, web, pending))
    await web.get("/oauth/callback", params=query)
    again = await connect.begin(here.house, "other", "jobber")
    state = state_of(await begun(here, web, again))
    page = await web.get("/oauth/callback", params=query | {"state": state})
    assert (page.status_code, "refused the connection" in page.text) == (400, True)
    assert query["code"] not in page.text


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
    assert onward(page).startswith(f"{BASE}/oauth/jobber/authorize?")


async def test_an_integration_removed_meanwhile_is_told(
    here: World, web: httpx.AsyncClient, pending: Integration
) -> None:
    location = await begun(here, web, pending)
    await here.write(lambda c: integrations.remove(c, pending.id))
    page = await web.get("/oauth/callback", params=approved(here, location))
    assert page.status_code == 400


async def test_pages_are_not_kept_passed_on_or_framed(web: httpx.AsyncClient) -> None:
    headers = (await web.get("/oauth/callback")).headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "default-src 'none'" in headers["content-security-policy"]


async def test_state_and_code_are_never_shown(here: World, web: httpx.AsyncClient, pending: Integration) -> None:
    location = await begun(here, web, pending)
    query = approved(here, location)
    page = await web.get("/oauth/callback", params={**query, "error": "access_denied"})
    told = repr(here.log.lines) + page.text
    assert query["state"] not in told
    assert query["code"] not in told
