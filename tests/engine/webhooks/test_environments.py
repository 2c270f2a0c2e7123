"""What opens one environment is never sent to another."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import replace

import httpx
import orjson
import pytest

from runner.authoring.simulate.servicetitan import ServiceTitan, servicetitan
from runner.engine.house import House
from runner.engine.integrations import connect
from runner.engine.webhooks.receive import receive
from runner.errors import AlreadyExists, SettingsError
from runner.model.event import Delivery
from runner.model.integration import State
from runner.model.secret import Secret
from runner.store import events, integrations
from runner.store.events import EventFilter
from tests.apps import with_apps
from tests.partners import APPS, BASE, CONFIG, SETTINGS, World

OWN = {"tenant_id": "987654321", "client_id": "sandbox-client", "client_secret": "secret-of-the-sandbox"}
SANDBOX_KEY = "ak1.app-of-the-sandbox"
PRODUCTION_KEY = APPS["servicetitan"]["webhook_key"].reveal()
HOSTS = ("api-integration.servicetitan.io", "auth-integration.servicetitan.io")
PRODUCTION = ("api.servicetitan.io", "auth.servicetitan.io")


@pytest.fixture
def sandbox(here: World) -> ServiceTitan:
    """The partner's other environment: other hosts, another app, another tenant."""
    made = servicetitan(
        now=here.clock.now,
        webhooks=None,
        size=2,
        seed=2,
        tenant=int(OWN["tenant_id"]),
        client_id=OWN["client_id"],
        client_secret=OWN["client_secret"],
        app_key=SANDBOX_KEY,
    )
    here.wire.hosts |= {host: httpx.ASGITransport(app=made.app) for host in HOSTS}
    return made


@pytest.fixture
def both(here: World, sandbox: ServiceTitan) -> House:
    """The same house, whose operator has an app for each environment."""
    own = {
        **APPS["servicetitan"],
        "app_key": Secret(SANDBOX_KEY),
        "webhook_key": Secret("sandbox-webhook-key-of-32-ok"),
    }
    return with_apps(here.house, {**APPS, "servicetitan/integration": own})


def carried(here: World, hosts: tuple[str, ...]) -> Iterator[str]:
    """Everything that went to these hosts, as text."""
    for request in here.wire.requests:
        if request.url.host in hosts:
            yield f"{request.url} {dict(request.headers)} {request.content!r}"


async def test_credentials_stay_in_their_environment(here: World, both: House) -> None:
    live = await connect.begin(both, "acme", "servicetitan", settings=SETTINGS["servicetitan"])
    tried = await connect.begin(both, "other", "servicetitan", "integration", OWN)
    assert (live.state, tried.state) == (State.ACTIVE, State.ACTIVE)
    for one in (live, tried):
        await both.caller.call(both.connectors.get("servicetitan"), _endpoint(both), one)
    token = await here.read(lambda c: both.store.vault.get(c, tried.id))
    theirs = " ".join(carried(here, PRODUCTION))
    ours = " ".join(carried(here, HOSTS))
    assert token.access_token is not None
    for secret in (OWN["client_secret"], SANDBOX_KEY, token.access_token.reveal()):
        assert secret in ours
        assert secret not in theirs
    assert "servicetitan-secret" in theirs
    assert "servicetitan-secret" not in ours
    assert "ak1.servicetitan-app" not in ours


def _endpoint(house: House) -> object:
    connector = house.connectors.get("servicetitan")
    identify = connector.way_in(None).identify
    assert identify is not None
    return connector.endpoints[identify.endpoint]


async def test_an_app_that_is_not_whole_connects_nobody(here: World, sandbox: ServiceTitan, both: House) -> None:
    bare = with_apps(both, {**APPS, "servicetitan/integration": {"app_key": Secret(SANDBOX_KEY)}})
    with pytest.raises(SettingsError, match="RUNNER_SERVICETITAN_INTEGRATION_WEBHOOK_KEY"):
        await connect.begin(bare, "other", "servicetitan", "integration", OWN)


async def test_another_environment_drops_the_credential(here: World, both: House) -> None:
    wrong = await connect.begin(
        both, "acme", "servicetitan", settings={**SETTINGS["servicetitan"], "client_secret": "wrong"}
    )
    assert wrong.state is State.ERROR
    moved = await connect.begin(both, "acme", "servicetitan", "integration", {"client_id": "x"}, later=True)
    stored = await here.read(lambda c: both.store.vault.get(c, moved.id))
    assert (moved.environment, moved.state, dict(stored.values)) == ("integration", State.PENDING, {})
    assert list(carried(here, HOSTS)) == []


async def test_what_holds_records_of_one_does_not_move(here: World, both: House) -> None:
    made = await connect.begin(both, "acme", "servicetitan", settings=SETTINGS["servicetitan"])
    await here.write(lambda c: integrations.set_state(c, made.id, State.DISABLED, None, here.clock.now()))
    with pytest.raises(AlreadyExists, match="remove that one"):
        await connect.begin(both, "acme", "servicetitan", "integration", OWN)


def news(house: House, secret: str, tenant: str, environment: str) -> Delivery:
    body = orjson.dumps(
        {"userassignedid": f"e-{environment}-{tenant}", "type": "tn.jpm.job-updated", "data": {"tenantId": int(tenant)}}
    )
    headers = {"x-servicetitan-signature": hmac.new(secret.encode(), body, "sha256").hexdigest()}
    return Delivery("servicetitan", "POST", f"{BASE}/webhooks/servicetitan", headers, body, house.clock.now())


async def owners(here: World) -> dict[str, str | None]:
    found = await here.read(lambda c: events.find(c, EventFilter()))
    return {one.key: one.integration_id for one in found}


@pytest.mark.parametrize("added", [False, True], ids=["of the connector", "added by runner.yaml"])
async def test_an_app_speaks_for_its_own_environment_alone(here: World, sandbox: ServiceTitan, added: bool) -> None:
    name = "proving_ground" if added else "integration"
    addresses = here.house.connectors.get("servicetitan").environments["integration"]
    config = CONFIG.model_copy(update={"environments": {"servicetitan": {name: addresses}}})
    keys = {"production": "production-key-of-32-characters-", name: "sandbox-webhook-key-of-32-ok-ok-"}
    apps = {
        "servicetitan": {**APPS["servicetitan"], "webhook_key": Secret(keys["production"])},
        f"servicetitan/{name}": {"app_key": Secret(SANDBOX_KEY), "webhook_key": Secret(keys[name])},
    }
    house = with_apps(here.house, apps, config)
    live = await connect.begin(house, "acme", "servicetitan", settings=SETTINGS["servicetitan"])
    tried = await connect.begin(house, "other", "servicetitan", name, OWN)
    for environment, secret in keys.items():
        for one in (live, tried):
            assert one.account_id is not None
            assert (await receive(house, news(house, secret, one.account_id, environment))).status == 200
            to_it = replace(news(house, secret, one.account_id, f"{environment}-to-it"), integration_id=one.id)
            assert (await receive(house, to_it)).status == 200
    told = await owners(here)
    assert {key: owner for key, owner in told.items() if owner} == {
        f"e-production-{live.account_id}": live.id,
        f"e-production-to-it-{live.account_id}": live.id,
        f"e-{name}-{tried.account_id}": tried.id,
        f"e-{name}-to-it-{tried.account_id}": tried.id,
    }
    assert len(told) == 8


async def test_what_a_sandbox_told_of_an_account_is_not_run_when_production_connects_it(
    here: World, both: House
) -> None:
    tenant = SETTINGS["servicetitan"]["tenant_id"]
    for secret, name in (("sandbox-webhook-key-of-32-ok", "sandbox"), (PRODUCTION_KEY, "production")):
        assert (await receive(both, news(both, secret, tenant, name))).unrouted == 1
    live = await connect.begin(both, "acme", "servicetitan", settings=SETTINGS["servicetitan"])
    assert await owners(here) == {f"e-sandbox-{tenant}": None, f"e-production-{tenant}": live.id}
