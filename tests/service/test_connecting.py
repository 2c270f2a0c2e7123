"""The connect page, as browsers and attackers meet it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlencode

import httpx
import pytest

from runner.engine.integrations import connect
from runner.model.integration import Integration, Reason, State
from runner.model.secret import Secret
from runner.service import tickets
from runner.service.app import App
from runner.service.settings import Settings
from runner.store import integrations
from tests.apps import with_apps
from tests.browse import go_on, key_of, send
from tests.partners import APPS, BASE, SETTINGS, World

TITAN = SETTINGS["servicetitan"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def titan(here: World) -> Integration:
    return await connect.begin(here.house, "acme", "servicetitan", later=True)


def link(here: World, integration: Integration, redirect_to: str | None = None) -> str:
    return tickets.link(here.house, integration, redirect_to).url


async def stands(here: World, integration: Integration) -> Integration:
    return await here.read(lambda c: integrations.get(c, integration.id))


def another(here: World) -> httpx.AsyncClient:
    """Another browser."""
    app = App(here.house, Settings.read({}))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE)


async def test_the_form_is_made_of_the_connectors_settings(
    here: World, web: httpx.AsyncClient, titan: Integration
) -> None:
    page = (await web.get(link(here, titan))).text
    assert '<label for="setting.tenant_id">Tenant ID</label>' in page
    assert "Settings &gt; Integrations &gt; API Application Access" in page
    assert 'name="setting.client_secret" type="password" value=""' in page


async def test_what_is_filled_in_connects_and_leads_to_the_host(
    here: World, web: httpx.AsyncClient, titan: Integration
) -> None:
    answer = await go_on(web, link(here, titan, f"{BASE}/settings"), **TITAN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BASE}/settings")
    assert (await stands(here, titan)).state is State.ACTIVE


async def test_what_is_wrong_is_told_beside_the_field_and_secrets_are_not_sent_back(
    here: World, web: httpx.AsyncClient, titan: Integration
) -> None:
    page = await go_on(web, link(here, titan), **{**TITAN, "tenant_id": "twelve", "client_id": ""})
    assert page.status_code == 422
    assert 'value="twelve"' in page.text
    assert "Tenant ID has only digits" in page.text
    assert "Fill in Client ID." in page.text
    assert "servicetitan-secret" not in page.text
    assert (await stands(here, titan)).settings == {}


async def test_texts_come_without_the_spaces_around_them(
    here: World, web: httpx.AsyncClient, titan: Integration
) -> None:
    await go_on(web, link(here, titan), **{name: f"  {text}\n" for name, text in TITAN.items()})
    assert (await stands(here, titan)).state is State.ACTIVE


@pytest.mark.parametrize(
    ("status", "words"), [(401, "does not accept what was filled in"), (503, "did not answer as it should")]
)
async def test_what_the_partner_says_stands_over_the_form(
    here: World, web: httpx.AsyncClient, titan: Integration, status: int, words: str
) -> None:
    here.servicetitan.fail_next(20, status, on="/connect/token")
    page = await go_on(web, link(here, titan), **TITAN)
    assert page.status_code == 422
    assert words in page.text
    assert (await stands(here, titan)).state is State.ERROR


async def test_looking_at_a_link_does_not_use_it_up(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    """Mail programs and chats look at links before people do."""
    url = link(here, titan)
    async with another(here) as preview:
        assert (await preview.get(url)).status_code == 200
        assert (await preview.head(url)).status_code == 200
    assert (await go_on(web, url, **TITAN)).status_code == 303


async def test_a_link_is_for_one_browser(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    url = link(here, titan)
    async with another(here) as other:
        key = key_of(await other.get(url))
        await go_on(web, url, **{**TITAN, "client_secret": "wrong"})
        for page in (await other.get(url), await send(other, url, key, **TITAN)):
            assert (page.status_code, "used already" in page.text) == (400, True)
    assert (await go_on(web, url, **TITAN)).status_code == 303


async def test_two_browsers_at_once_do_not_both_get_in(here: World, titan: Integration) -> None:
    url = link(here, titan)
    async with another(here) as one, another(here) as other:
        answers = await asyncio.gather(go_on(one, url, **TITAN), go_on(other, url, **TITAN))
    assert sorted(answer.status_code for answer in answers) == [303, 400]


async def test_after_the_end_a_link_says_so_and_leads_nowhere(
    here: World, web: httpx.AsyncClient, titan: Integration
) -> None:
    url = link(here, titan)
    key = key_of(await web.get(url))
    await send(web, url, key, **TITAN)
    page = await web.get(url)
    assert (page.status_code, "ServiceTitan is connected" in page.text, "<form" in page.text) == (200, True, False)
    sent = await send(web, url, key, **{**TITAN, "tenant_id": "1"})
    assert sent.status_code == 303
    assert "ServiceTitan is connected" in (await web.get(sent.headers["location"])).text
    assert (await stands(here, titan)).settings["tenant_id"] == TITAN["tenant_id"]
    async with another(here) as other:
        assert (await other.get(url)).status_code == 400


async def test_a_form_sent_twice_at_once_connects_once(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    url = link(here, titan)
    key = key_of(await web.get(url))
    answers = await asyncio.gather(*(send(web, url, key, **TITAN) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(await here.read(lambda c: integrations.find(c, company="acme"))) == 1
    assert (await stands(here, titan)).state is State.ACTIVE


async def test_a_link_is_too_old_after_its_time(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    url = link(here, titan)
    here.clock.advance(30 * 60)
    page = await web.get(url)
    assert (page.status_code, "too old" in page.text, "for a new one" in page.text) == (400, True, True)


async def test_who_began_in_time_has_as_long_again(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    url = link(here, titan)
    here.clock.advance(29 * 60)
    await go_on(web, url, **{**TITAN, "client_secret": "wrong"})
    here.clock.advance(29 * 60)
    assert (await web.get(url)).status_code == 200
    here.clock.advance(60)
    assert (await web.get(url)).status_code == 400


@pytest.mark.parametrize("skew", [-7200, 7200])
async def test_a_clock_that_jumps_breaks_nothing(
    here: World, web: httpx.AsyncClient, titan: Integration, skew: int
) -> None:
    url = link(here, titan)
    here.clock.advance(skew)
    assert (await web.get(url)).status_code == (400 if skew > 0 else 200)


@pytest.mark.parametrize("ticket", ["", "x", "%00", "A" * 300, "AAAA", "é", "a+b/c=", "A" * 5000, "%FF%FE"])
async def test_a_link_that_is_made_up_is_refused(web: httpx.AsyncClient, ticket: str) -> None:
    page = await web.get(f"/oauth/jobber/authorize?ticket={ticket}")
    assert (page.status_code, "This link does not work" in page.text) == (400, True)


async def test_an_altered_link_is_refused(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    url = link(here, titan)
    for altered in (
        url[:-1],
        url[:-4] + "AAAA",
        f"{url}&{url.partition('?')[2]}",
        url + "x",
        url.replace("ticket", "t"),
    ):
        assert (await web.get(altered)).status_code == 400


async def test_a_link_is_for_its_own_connector(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    for other in ("jobber", "nobody", "%2e%2e"):
        assert (await web.get(link(here, titan).replace("/servicetitan/", f"/{other}/"))).status_code == 400


async def test_a_link_to_what_was_removed_says_so(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    url = link(here, titan)
    await here.write(lambda c: integrations.remove(c, titan.id))
    assert (await web.get(url)).status_code == 404


async def test_a_form_of_another_page_is_not_taken(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    """Cross-site request forgery: without the key that goes with this browser's cookie nothing counts."""
    url = link(here, titan)
    right = key_of(await web.get(url))
    async with another(here) as attacker:
        theirs = key_of(await attacker.get(url))
    for key in ("", "x", theirs, right + "x"):
        assert (await send(web, url, key, **TITAN)).status_code == 403
    form = {"key": right, **{f"setting.{name}": text for name, text in TITAN.items()}}
    assert (await web.post(url, data=form, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await stands(here, titan)).state is State.PENDING


async def test_without_the_cookie_a_form_says_what_to_do(
    here: World, web: httpx.AsyncClient, titan: Integration
) -> None:
    url = link(here, titan)
    key = key_of(await web.get(url))
    web.cookies.clear()
    page = await send(web, url, key, **TITAN)
    assert (page.status_code, "Allow cookies" in page.text) == (400, True)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (FORM, b"", 403),
        (FORM, b"\xff\xfe", 400),
        (FORM, b"key=%FF", 400),
        (FORM, b"a=1&a=2", 400),
        (FORM, b"a=%00", 400),
        (FORM, b"&".join(b"f%d=x" % number for number in range(300)), 400),
        (FORM, b"x" * 200_000, 413),
        ({"Content-Type": "application/json"}, b"{}", 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 415),
        ({}, b"key=1", 415),
    ],
)
async def test_a_form_that_is_none_is_a_page(
    here: World, web: httpx.AsyncClient, titan: Integration, headers: dict[str, str], body: bytes, status: int
) -> None:
    url = link(here, titan)
    await web.get(url)
    page = await web.post(url, content=body, headers=headers)
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert (await stands(here, titan)).state is State.PENDING


async def test_what_the_form_did_not_ask_is_not_taken(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    url = link(here, titan)
    key = key_of(await web.get(url))
    fields = {"setting.colour": "red", "company": "evil", "environment": "integration", "way": "none"}
    answer = await web.post(url, data={"key": key, **{f"setting.{n}": t for n, t in TITAN.items()}, **fields})
    assert answer.status_code == 400
    assert (await stands(here, titan)).environment == "production"


async def test_markup_stays_text(here: World, web: httpx.AsyncClient) -> None:
    made = await connect.begin(here.house, "<script>alert(1)</script>", "servicetitan", later=True)
    page = await go_on(web, link(here, made), **{**TITAN, "client_id": '"><script>', "tenant_id": "<b>"})
    assert "<script>" not in page.text
    assert "<b>" not in page.text


async def test_the_page_is_shut_against_other_sites(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    headers = (await web.get(link(here, titan))).headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    policy = headers["content-security-policy"]
    assert all(part in policy for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self' https:"))
    assert "script" not in policy
    cookie = headers["set-cookie"].lower()
    assert cookie.startswith("__host-connect_")
    assert all(part in cookie for part in ("httponly", "secure", "samesite=lax", "path=/"))


async def test_where_all_is_filled_in_one_button_is_left(here: World) -> None:
    app = {"client_id": "hover-app", "client_secret": Secret("hover-secret")}
    house = with_apps(here.house, {**APPS, "hover": app})
    made = await connect.begin(house, "acme", "hover", settings={"user_email": "kim@example.com"})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=App(house, Settings.read({}))), base_url=BASE
    ) as web:
        url = tickets.link(house, made).url
        assert "setting." not in (await web.get(url)).text
        assert (await go_on(web, url)).headers["location"].startswith("https://hover.to/")
    assert (await stands(here, made)).settings == {"user_email": "kim@example.com"}


async def test_an_active_one_keeps_what_works_until_the_partner_took_the_new(
    here: World, web: httpx.AsyncClient
) -> None:
    active = await here.connect("servicetitan")
    url = link(here, active)
    page = await web.get(url)
    assert f'value="{TITAN["client_id"]}"' in page.text
    assert "leave this empty to keep it" in page.text
    wrong = await go_on(web, url, **{**TITAN, "client_secret": "wrong"})
    assert wrong.status_code == 422
    stored = await here.read(lambda c: here.house.store.vault.get(c, active.id))
    assert (stored.values["client_secret"].reveal(), (await stands(here, active)).state) == (
        TITAN["client_secret"],
        State.ACTIVE,
    )
    assert (await go_on(web, url, **{**TITAN, "client_secret": ""})).status_code == 303


async def test_another_tenant_is_not_taken_in_place_of_the_first(here: World, web: httpx.AsyncClient) -> None:
    active = await here.connect("servicetitan")
    await here.write(lambda c: integrations.set_account(c, active.id, "5", "Five", {}, here.clock.now()))
    page = await go_on(web, link(here, active), **TITAN)
    assert (page.status_code, "belongs to the ServiceTitan account Five" in page.text) == (422, True)


async def test_a_credential_that_was_forgotten_is_asked_again(here: World, web: httpx.AsyncClient) -> None:
    made = await here.connect("servicetitan")
    reason = Reason("disconnected", "The host disconnected it", "Connect it again")
    await here.write(lambda c: here.house.store.move(c, made.id, State.DISABLED, reason, here.clock.now()))
    await here.write(lambda c: here.house.store.vault.remove(c, made.id))
    page = await go_on(web, link(here, made), **{**TITAN, "client_secret": ""})
    assert (page.status_code, "Fill in Client secret." in page.text) == (422, True)
    assert (await go_on(web, link(here, made), **TITAN)).status_code == 303


async def test_an_environment_is_chosen_where_the_operator_says_so(here: World, titan: Integration) -> None:
    chosen = here.house.config.connect.model_copy(update={"choose_environment": ["servicetitan"]})
    house = replace(here.house, config=here.house.config.model_copy(update={"connect": chosen}))
    app = App(house, Settings.read({}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE) as browser:
        url = link(here, titan)
        page = await browser.get(url)
        assert '<option value="integration">Integration</option>' in page.text
        here.servicetitan.fail_next(20, 401, on="/connect/token")
        key = key_of(page)
        for name in ("moon", "simulated"):
            assert (await send(browser, url, key, **TITAN, environment=name)).status_code == 400
        here.wire.hosts["auth-integration.servicetitan.io"] = here.wire.hosts["auth.servicetitan.io"]
        assert (await send(browser, url, key, **TITAN, environment="integration")).status_code == 422
    after = await stands(here, titan)
    assert (after.environment, after.state) == ("integration", State.ERROR)
    assert {request.url.host for request in here.wire.requests} == {"auth-integration.servicetitan.io"}


async def test_what_was_typed_is_never_logged(here: World, web: httpx.AsyncClient, titan: Integration) -> None:
    url = link(here, titan)
    await go_on(web, url, **{**TITAN, "client_secret": "a-wrong-secret"})
    await go_on(web, url, **TITAN)
    told = repr(here.log.lines)
    for text in ("a-wrong-secret", TITAN["client_secret"], url.partition("ticket=")[2]):
        assert text not in told
    assert urlencode({"ticket": "x"}) not in told
