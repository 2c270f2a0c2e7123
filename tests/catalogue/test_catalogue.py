"""Ten providers of another catalogue: each is a YAML file, and goes the whole way against its simulated provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import Connection

from runner.authoring.folders import folders, source
from runner.authoring.lint import lint
from runner.client import oauth
from runner.connector.config import Config
from runner.connector.library import Connectors
from runner.engine.house import House
from runner.engine.integrations import connect, consent
from runner.engine.opening import open_house
from runner.errors import AuthenticationError, PartnerError, SettingsError, UnexpectedResponse
from runner.model.integration import Integration, State
from runner.model.secret import Secret
from runner.store import integrations
from runner.store.store import Store
from runner.testing.clock import FakeClock
from tests.catalogue.offices import Procore, Salesforce, Xero
from tests.catalogue.provider import Provider
from tests.catalogue.shops import Shopify, Square, Stripe
from tests.catalogue.workplaces import MicrosoftGraph, Notion, Slack, Zendesk
from tests.partners import BASE, KEYS, SCHEMAS, Log

HERE = Path(__file__).parent
CONNECTORS = Connectors(HERE)
NAMES = CONNECTORS.names()
PROVIDERS: dict[str, type[Provider]] = {
    "microsoftgraph": MicrosoftGraph,
    "notion": Notion,
    "procore": Procore,
    "salesforce": Salesforce,
    "shopify": Shopify,
    "slack": Slack,
    "square": Square,
    "stripe": Stripe,
    "xero": Xero,
    "zendesk": Zendesk,
}
SETTINGS: dict[str, dict[str, str]] = {
    "procore": {"company_id": "8089"},
    "shopify": {"shop": "some-shop"},
    "zendesk": {"subdomain": "sample"},
}
ACCOUNTS = {
    "microsoftgraph": ("87d349ed", "Adele Sample"),
    "notion": ("w-1", "Sample's Notion"),
    "procore": ("8089", "admin@example.com"),
    "salesforce": ("00Dx0000000BV7zEAG", "Sample Bot"),
    "shopify": ("some-shop.myshopify.com", "Some Shop"),
    "slack": ("T1", "Sample"),
    "square": ("MLEXAMPLE", "Apple A Day"),
    "stripe": ("acct_1example", "Sample Roofing"),
    "xero": ("70784a63", "Maple Florists Ltd"),
    "zendesk": ("sample", "Sample Agent"),
}
FOR_EVER = {"shopify", "notion", "stripe"}  # tokens that the provider gives no end


@cache
def key() -> RSAKey:
    return RSAKey.generate_key(2048)


class Town:
    """One provider, and a house whose every call goes to it."""

    def __init__(self, name: str, provider: Provider, house: House) -> None:
        self.name, self.provider, self.house = name, provider, house
        self.connector = house.connectors.get(name)

    async def begin(self, way: str | None = None, **settings: str) -> Integration:
        given = {**SETTINGS.get(self.name, {}), **settings}
        return await connect.begin(self.house, "acme", self.name, settings=given, way=way)

    async def connected(self) -> Integration:
        """Connected by consent, through the provider's page."""
        begun = await self.begin()
        url = await consent.authorize_url(self.house, begun.id)
        return (await consent.finish(self.house, self.provider.consent(url))).integration

    async def call(self, integration: Integration) -> Any:
        identify = self.connector.way_in(integration.way).identify
        assert identify is not None
        return (
            await self.house.caller.call(self.connector, self.connector.endpoints[identify.endpoint], integration)
        ).json

    async def revoke(self, integration: Integration) -> int:
        """The status that the provider answers with."""
        credential = await self.house.store.database.read(lambda c: self.house.store.vault.get(c, integration.id))
        scope = self.house.tokens.scope(self.connector, integration, credential)
        request = self.connector.way_in(integration.way).revocation(scope, credential)
        assert request is not None

        def flow() -> Any:
            response = yield request
            return response.status

        status: int = await oauth.run(flow(), self.house.http)
        return status


@asynccontextmanager
async def town(name: str, database_url: str) -> AsyncIterator[Town]:
    provider = PROVIDERS[name]()
    app = {
        "client_id": provider.client[0],
        "client_secret": Secret(provider.client[1]),
        "private_key": Secret(key().as_pem(private=True).decode()),
        "thumbprint": "thumb",
    }
    if isinstance(provider, Salesforce | MicrosoftGraph):
        provider.certificate = key()
    store = Store.open(database_url, KEYS)
    async with httpx.AsyncClient(transport=httpx.MockTransport(provider)) as http:
        house = open_house(
            connectors=CONNECTORS,
            config=Config(),
            store=store,
            http=http,
            clock=FakeClock(),
            apps={name: app},
            schemas=SCHEMAS,
            base_url=BASE,
            log=Log(),
        )
        yield Town(name, provider, house)
    await store.close()


@pytest.fixture
async def here(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Town]:
    """The town of the connector that the test is for."""
    async with town(request.param, database_url) as opened:
        yield opened


every = pytest.mark.parametrize("here", NAMES, indirect=True)


def only(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("here", [name], indirect=True)


def test_the_ten_are_here() -> None:
    assert sorted(PROVIDERS) == NAMES
    assert not [path.name for path in HERE.glob("*.py") if path.stem in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_has_no_findings(name: str) -> None:
    assert list(lint([source(CONNECTORS.path(name))], folders({}))) == []


@every
async def test_a_company_connects_and_its_account_is_known(here: Town) -> None:
    integration = await here.connected()
    assert integration.state is State.ACTIVE
    assert (integration.account_id, integration.account_name) == ACCOUNTS[here.name]


@every
async def test_calls_go_on_when_the_token_has_ended(here: Town) -> None:
    integration = await here.connected()
    first = here.provider.access
    here.house.clock.advance(31 * 86_400)  # type: ignore[attr-defined]  # a FakeClock
    assert await here.call(integration)
    assert (here.provider.access == first) is (here.name in FOR_EVER)


@pytest.mark.parametrize("here", sorted(set(NAMES) - {"shopify"}), indirect=True)
async def test_a_refused_token_is_refreshed_once(here: Town) -> None:
    integration = await here.connected()
    here.provider.access = "another"
    assert await here.call(integration)
    assert here.provider.access != "another"


@pytest.mark.parametrize("here", sorted(set(NAMES) - {"shopify"}), indirect=True)
async def test_a_dead_grant_needs_a_person(here: Town) -> None:
    integration = await here.connected()
    here.provider.access, here.provider.refreshes = "another", set()
    with pytest.raises(AuthenticationError):
        await here.call(integration)
    before = len(here.provider.seen)
    found = await here.house.store.database.read(lambda c: _state(c, integration.id))
    assert found is State.ERROR
    assert len(here.provider.seen) == before


@pytest.mark.parametrize("here", sorted(set(NAMES) - {"microsoftgraph"}), indirect=True)
async def test_a_disconnected_credential_is_revoked(here: Town) -> None:
    integration = await here.connected()
    assert await here.revoke(integration) in (200, 204)
    assert here.provider.access == ""


@every
async def test_no_secret_is_told_when_consent_comes_to_nothing(here: Town) -> None:
    begun = await here.begin()
    url = await consent.authorize_url(here.house, begun.id)
    back = here.provider.consent(url)
    here.provider.codes.clear()
    with pytest.raises(PartnerError) as caught:
        await consent.finish(here.house, back)
    told = str(caught.value)
    assert here.provider.client[1] not in told
    assert back["code"] not in told


@only("shopify")
async def test_a_callback_that_shopify_did_not_sign_connects_nobody(here: Town) -> None:
    begun = await here.begin()
    back = here.provider.consent(await consent.authorize_url(here.house, begun.id))
    with pytest.raises(AuthenticationError, match="not signed"):
        await consent.finish(here.house, back | {"shop": "evil.myshopify.com"})
    assert here.provider.seen == []


@only("shopify")
async def test_a_shop_that_is_no_name_is_refused(here: Town) -> None:
    with pytest.raises(SettingsError, match="Shop does not have the form"):
        await here.begin(shop="evil.example/")


@only("salesforce")
async def test_an_instance_of_somebody_else_is_not_called(here: Town) -> None:
    assert isinstance(here.provider, Salesforce)
    here.provider.instance = "https://salesforce.com.evil.example"
    begun = await here.begin()
    back = here.provider.consent(await consent.authorize_url(here.house, begun.id))
    with pytest.raises(UnexpectedResponse, match="sent no `instance_url` that can be used, and without it"):
        await consent.finish(here.house, back)
    told = await here.house.store.database.read(lambda c: integrations.get(c, begun.id))
    assert told.reason is not None
    assert (told.reason.code, "template" in told.reason.message) == ("unexpected-response", False)
    assert {request.url.host for request in here.provider.seen} == {"login.salesforce.com"}


@only("salesforce")
async def test_salesforce_takes_a_signed_statement_in_place_of_consent(here: Town) -> None:
    integration = await here.begin(way="certificate", user="bot@example.com")
    assert (integration.state, integration.account_id) == (State.ACTIVE, "00Dx0000000BV7zEAG")


@only("microsoftgraph")
async def test_microsoft_takes_a_certificate_in_place_of_a_secret(here: Town) -> None:
    integration = await here.begin(way="application", tenant="11111111-2222-3333-4444-555555555555")
    assert (integration.state, integration.account_name) == (State.ACTIVE, "Sample Ltd")


@only("stripe")
async def test_stripe_takes_a_key_as_the_user_name(here: Town) -> None:
    integration = await here.begin(way="key", secret_key="rk_company")
    assert (integration.state, integration.account_id) == (State.ACTIVE, "acct_1example")


@only("zendesk")
async def test_zendesk_takes_an_api_token(here: Town) -> None:
    integration = await here.begin(way="token", email="agent@example.com", api_token="api-token")
    assert (integration.state, integration.account_name) == (State.ACTIVE, "Sample Agent")


@only("xero")
async def test_xero_is_told_the_tenant_on_every_call(here: Town) -> None:
    integration = await here.connected()
    action = here.connector.actions["archive_contact"]
    answer = await here.house.caller.call(here.connector, action, integration, input={"id": "c-1"})
    assert answer.json == {"Contacts": [{"ContactStatus": "ARCHIVED"}]}


@only("slack")
async def test_slack_that_is_out_of_order_does_not_end_the_integration(here: Town) -> None:
    integration = await here.connected()
    assert isinstance(here.provider, Slack)
    here.provider.access = "another"
    here.provider.word, here.provider.refreshes = "fatal_error", set()
    with pytest.raises(PartnerError, match="fatal_error"):
        await here.call(integration)
    assert await here.house.store.database.read(lambda c: _state(c, integration.id)) is State.ACTIVE


def _state(connection: Connection, integration_id: str) -> State:
    return integrations.get(connection, integration_id).state
