from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from runner.engine.integrations import connect, consent
from runner.errors import AuthenticationError, PartnerError, SettingsError, StateRefused
from runner.model.integration import Integration, State
from runner.store import integrations
from tests.partners import BASE, World


@pytest.fixture
async def begun(here: World) -> Integration:
    return await connect.begin(here.house, "acme", "jobber")


async def asked(here: World, integration: Integration, redirect_to: str | None = None) -> dict[str, str]:
    """The query of the page where the person consents."""
    url = await consent.authorize_url(here.house, integration.id, redirect_to)
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def approved(here: World, integration: Integration) -> dict[str, str]:
    query = await asked(here, integration)
    return {"code": here.jobber.grants.code(query["redirect_uri"]), "state": query["state"]}


async def stored(here: World, integration: Integration) -> Integration:
    return await here.read(lambda c: integrations.get(c, integration.id))


async def test_a_consent_through_the_partners_own_page(here: World, begun: Integration) -> None:
    url = await consent.authorize_url(here.house, begun.id, "/done")
    transport = httpx.ASGITransport(app=here.jobber.app)
    async with httpx.AsyncClient(transport=transport) as browser:
        form = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | {"decision": "approve"}
        back = await browser.post(url.partition("?")[0], data=form)
    location = httpx.URL(back.headers["location"])
    assert str(location.copy_with(query=None)) == f"{BASE}/oauth/callback"
    made = await consent.finish(here.house, dict(location.params))
    assert made.redirect_to == "/done"
    assert made.integration.state is State.ACTIVE
    assert made.integration.account_name == "Sample Landscaping"


async def test_an_integration_waits_for_consent(begun: Integration) -> None:
    assert begun.state is State.PENDING


async def test_a_state_is_good_once(here: World, begun: Integration) -> None:
    query = await approved(here, begun)
    await consent.finish(here.house, query)
    with pytest.raises(StateRefused) as refused:
        await consent.finish(here.house, query)
    assert refused.value.code == "state-used"


async def test_a_state_is_good_for_ten_minutes(here: World, begun: Integration) -> None:
    query = await approved(here, begun)
    here.clock.advance(601)
    with pytest.raises(StateRefused) as refused:
        await consent.finish(here.house, query)
    assert refused.value.code == "state-expired"


@pytest.mark.parametrize("state", ["", "x", "WyJhIiwiYiJd.xyz", "é", "a.b.c", "." * 1000])
async def test_a_state_that_is_not_ours_is_refused(here: World, begun: Integration, state: str) -> None:
    with pytest.raises(StateRefused) as refused:
        await consent.finish(here.house, {"code": "c", "state": state})
    assert refused.value.code == "state-unknown"


async def test_an_altered_state_is_refused(here: World, begun: Integration) -> None:
    query = await approved(here, begun)
    state = query["state"]
    altered = state[:5] + ("A" if state[5] != "A" else "B") + state[6:]
    with pytest.raises(StateRefused):
        await consent.finish(here.house, query | {"state": altered})
    assert (await consent.finish(here.house, query)).integration.state is State.ACTIVE


async def test_refused_consent_is_told_in_plain_words(here: World, begun: Integration) -> None:
    query = await asked(here, begun)
    with pytest.raises(AuthenticationError, match="consent was refused at Jobber") as refused:
        await consent.finish(here.house, {"error": "access_denied", "state": query["state"]})
    assert refused.value.code == "consent-refused"
    after = await stored(here, begun)
    assert after.state is State.PENDING
    assert after.reason is not None
    assert after.reason.code == "consent-refused"


@pytest.mark.parametrize("error", ["server_error", "<script>", "x" * 500])
async def test_an_error_of_the_partner_is_told_without_its_text(here: World, begun: Integration, error: str) -> None:
    query = await asked(here, begun)
    with pytest.raises(AuthenticationError) as failed:
        await consent.finish(here.house, {"error": error, "error_description": "<b>", "state": query["state"]})
    assert "<" not in str(failed.value)
    assert "xxxxx" not in str(failed.value)


async def test_an_answer_without_code_is_refused(here: World, begun: Integration) -> None:
    query = await asked(here, begun)
    with pytest.raises(AuthenticationError, match="no code"):
        await consent.finish(here.house, {"state": query["state"]})


async def test_a_wrong_code_leaves_the_integration_pending(here: World, begun: Integration) -> None:
    query = await approved(here, begun)
    with pytest.raises(PartnerError):
        await consent.finish(here.house, query | {"code": "made-up"})
    assert (await stored(here, begun)).state is State.PENDING


async def test_another_account_does_not_take_the_place_of_the_first(here: World, begun: Integration) -> None:
    made = (await consent.finish(here.house, await approved(here, begun))).integration
    before = await here.read(lambda c: here.house.store.vault.read(c, made.id))
    await here.write(lambda c: integrations.set_account(c, made.id, "other", "Other Lawns", {}, here.clock.now()))
    with pytest.raises(AuthenticationError, match="Other Lawns") as wrong:
        await consent.finish(here.house, await approved(here, made))
    assert wrong.value.code == "wrong-account"
    assert (await stored(here, made)).state is State.ACTIVE
    after = await here.read(lambda c: here.house.store.vault.read(c, made.id))
    assert after.version == before.version


async def test_connecting_anew_mends_an_integration_in_error(here: World, begun: Integration) -> None:
    made = (await consent.finish(here.house, await approved(here, begun))).integration
    await here.write(lambda c: integrations.set_state(c, made.id, State.ERROR, None, here.clock.now()))
    assert (await consent.finish(here.house, await approved(here, made))).integration.state is State.ACTIVE


@pytest.mark.parametrize(
    "redirect_to", ["//evil.example", "javascript:alert(1)", "ftp://x", "\\\\x", "/\\x", "https://u@h/"]
)
async def test_a_redirect_goes_to_a_path_or_an_http_address(here: World, begun: Integration, redirect_to: str) -> None:
    with pytest.raises(SettingsError, match="redirect_to"):
        await consent.authorize_url(here.house, begun.id, redirect_to)


async def test_a_connector_without_consent_has_no_such_page(here: World) -> None:
    made = await here.connect("companycam")
    with pytest.raises(SettingsError, match="fill in its settings"):
        await consent.authorize_url(here.house, made.id)
