"""Deliveries while the secret that they are signed with changes, and where environments have their own."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Any

import orjson

from runner.connector.scope import app_fields, app_values
from runner.engine.house import House
from runner.engine.opening import open_house
from runner.engine.subscriptions import rotation
from runner.engine.webhooks.receive import receive
from runner.model.credential import Credential
from runner.model.event import Delivery
from runner.model.integration import Integration
from runner.model.secret import Secret
from tests.partners import BASE, CONFIG, SCHEMAS, World

OLD, NEW, SANDBOX = "x" * 32, "y" * 32, "z" * 32
BODY = orjson.dumps({"userassignedid": "e-1", "type": "tn.acc.invoice-posted", "data": {"tenantId": 5}})


def with_apps(here: World, apps: dict[str, Any], connectors: Any = None) -> House:
    """The house of an operator who set these."""
    known = here.house
    return open_house(
        connectors=connectors or known.connectors,
        config=CONFIG,
        store=known.store,
        http=known.http,
        clock=known.clock,
        apps=apps,
        schemas=SCHEMAS,
        base_url=BASE,
        log=known.log,
        random=lambda: 0.5,
    )


async def answered(house: House, secret: str, integration: Integration | None = None) -> int:
    headers = {"x-servicetitan-signature": hmac.new(secret.encode(), BODY, "sha256").hexdigest()}
    url = f"{BASE}/webhooks/servicetitan"
    arrived = Delivery("servicetitan", "POST", url, headers, BODY, house.clock.now())
    return (await receive(house, replace(arrived, integration_id=integration.id if integration else None))).status


async def test_the_operator_s_secret_may_come_twice_while_it_changes(here: World) -> None:
    connector = here.house.connectors.get("servicetitan")
    environ = {"RUNNER_SERVICETITAN_WEBHOOK_KEY": NEW, "RUNNER_SERVICETITAN_WEBHOOK_KEY_PREVIOUS": OLD}
    assert "webhook_key_previous" in app_fields(connector)
    house = with_apps(here, {"servicetitan": app_values(connector, environ)})
    assert [await answered(house, secret) for secret in (NEW, OLD, SANDBOX)] == [200, 200, 401]


async def test_without_the_variable_only_the_new_one_is_good(here: World) -> None:
    connector = here.house.connectors.get("servicetitan")
    house = with_apps(here, {"servicetitan": app_values(connector, {"RUNNER_SERVICETITAN_WEBHOOK_KEY": NEW})})
    assert [await answered(house, secret) for secret in (NEW, OLD)] == [200, 401]


async def test_each_environment_may_have_its_own(here: World) -> None:
    apps = {"servicetitan": {"webhook_key": Secret(NEW)}, "servicetitan/integration": {"webhook_key": Secret(SANDBOX)}}
    house = with_apps(here, apps)
    assert [await answered(house, secret) for secret in (NEW, SANDBOX, OLD)] == [200, 200, 401]


class One:
    """A library of one connector."""

    def __init__(self, connector: Any) -> None:
        self.connector = connector

    def get(self, name: str) -> Any:
        return self.connector


async def test_a_company_s_secret_is_good_for_a_day_after_it_changed(here: World) -> None:
    integration = await here.connect("servicetitan")
    known = here.house.connectors.get("servicetitan")
    assert known.webhooks is not None
    verify = known.webhooks.verify.model_copy(update={"secret": "settings.client_secret"})
    connector = known.model_copy(update={"webhooks": known.webhooks.model_copy(update={"verify": verify})})
    house = with_apps(here, {"servicetitan": {}}, One(connector))
    assert [await answered(house, secret, integration) for secret in ("servicetitan-secret", NEW)] == [200, 401]

    credential = Credential(values={"client_secret": Secret(NEW)})
    vault, at = house.store.vault, here.clock.now()
    await here.write(lambda c: rotation.put(c, vault, connector, integration.id, credential, at))
    assert [await answered(house, secret, integration) for secret in ("servicetitan-secret", NEW)] == [200, 200]
    here.clock.advance(rotation.OVERLAP.total_seconds())
    assert [await answered(house, secret, integration) for secret in ("servicetitan-secret", NEW)] == [401, 200]
