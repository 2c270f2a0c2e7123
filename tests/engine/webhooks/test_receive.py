from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Literal

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.components.verifiers.base import Verifier
from runner.connector.connector import Connector
from runner.connector.events import Events
from runner.engine.house import House
from runner.engine.webhooks.receive import receive
from runner.errors import BadSignature
from runner.model.event import Delivery, EventState
from runner.model.secret import Secret
from runner.store import deliveries, events, rejections
from runner.store.events import EventFilter
from runner.store.vault import credentials
from tests.partners import World

ACCOUNT = 123456789


def event(number: int = 1, kind: str = "tn.jpm.job-updated", tenant: int = ACCOUNT) -> dict[str, Any]:
    return {
        "id": f"delivery-{number}",
        "userassignedid": f"event-{number}",
        "type": kind,
        "time": "2026-05-04T15:20:00Z",
        "data": {"tenantId": tenant, "job": {"id": 7001}},
    }


def signed(body: bytes, key: str = "servicetitan-webhook-key-of-32-or-more") -> dict[str, str]:
    return {"X-ServiceTitan-Signature": hmac.new(key.encode(), body, "sha256").hexdigest()}


async def send(here: World, body: bytes, **more: Any) -> Any:
    return await here.receive("servicetitan", body, signed(body), **more)


async def states(here: World) -> list[EventState]:
    return [found.state for found in await here.read(lambda c: events.find(c, EventFilter()))]


async def test_a_signed_event_of_a_connected_account_waits_for_its_integration(here: World) -> None:
    integration = await here.connect("servicetitan")
    received = await send(here, orjson.dumps(event()))
    assert (received.status, received.accepted, received.unrouted) == (200, 1, 0)
    found = await here.read(lambda c: events.find(c, EventFilter()))
    assert [(one.state, one.integration_id) for one in found] == [(EventState.PENDING, integration.id)]


async def test_a_duplicate_is_kept_and_answered_well(here: World) -> None:
    await here.connect("servicetitan")
    await send(here, orjson.dumps(event()))
    received = await send(here, orjson.dumps(event()))
    assert (received.status, received.duplicates) == (200, 1)
    assert sorted(await states(here)) == [EventState.DUPLICATE, EventState.PENDING]


async def test_a_forged_event_does_not_spoil_the_real_one(here: World) -> None:
    await here.connect("servicetitan")
    body = orjson.dumps(event())
    assert (await here.receive("servicetitan", body, signed(body, "wrong"))).status == 401
    assert (await send(here, body)).duplicates == 0


async def test_an_account_that_nobody_connected_is_kept_as_unrouted(here: World) -> None:
    received = await send(here, orjson.dumps(event(tenant=5)))
    assert (received.status, received.unrouted) == (200, 1)
    assert await states(here) == [EventState.UNROUTED]


async def test_what_waited_for_an_account_is_routed_once_it_is_connected(here: World) -> None:
    await send(here, orjson.dumps(event()))
    await here.connect("servicetitan")
    assert await states(here) == [EventState.PENDING]


async def test_a_type_without_reaction_is_kept_as_dropped(here: World) -> None:
    await here.connect("servicetitan")
    assert (await send(here, orjson.dumps(event(kind="tn.xyz.unheard-of")))).status == 200
    assert await states(here) == [EventState.DROPPED]


async def test_two_companies_with_one_account_both_hear_of_it(here: World) -> None:
    first = await here.connect("servicetitan", "one")
    second = await here.connect("servicetitan", "two")
    await send(here, orjson.dumps(event()))
    found = await here.read(lambda c: events.find(c, EventFilter(state=EventState.PENDING)))
    assert {one.integration_id for one in found} == {first.id, second.id}
    assert (await send(here, orjson.dumps(event()))).duplicates == 2


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"{", 400, "malformed-delivery"),
        (b"", 400, "malformed-delivery"),
        (b"null", 400, "malformed-delivery"),
        (b"[1, 2]", 400, "malformed-delivery"),
        (b"\xff\xfe", 400, "malformed-delivery"),
        (b'{"type": 5, "userassignedid": "x", "data": {}}', 400, "malformed-delivery"),
        (b"[" * 100_000, 400, "malformed-delivery"),
        (b" " * 1_000_001, 413, "delivery-too-large"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_a_reason(here: World, body: bytes, status: int, reason: str) -> None:
    received = await send(here, body)
    assert (received.status, received.reason) == (status, reason)
    await here.house.refusals.close()  # an answer waits for its count half a second at most
    counted = await here.read(lambda c: rejections.find(c, "servicetitan"))
    assert [(one.reason, one.count) for one in counted] == [(reason, 1)]


@pytest.mark.parametrize("headers", [{}, {"X-ServiceTitan-Signature": ""}, {"X-ServiceTitan-Signature": "é"}])
async def test_no_signature_no_entry(here: World, headers: dict[str, str]) -> None:
    received = await here.receive("servicetitan", orjson.dumps(event()), headers)
    assert (received.status, received.reason) == (401, "bad-signature")
    assert await states(here) == []


async def test_a_connector_that_is_not_there_has_no_door(here: World) -> None:
    for name in ("nobody", "../jobber", ""):
        assert (await here.receive(name, b"{}", {})).status == 404


async def test_a_store_that_takes_nothing_is_answered_503(here: World) -> None:
    await here.house.store.close()
    received = await send(here, orjson.dumps(event()))
    assert received.status == 503
    assert "retry-after" in received.headers


async def test_a_bad_signature_stays_401_when_the_store_is_closed(here: World) -> None:
    await here.house.store.close()
    assert (await here.receive("servicetitan", b"{}", {})).status == 401


async def test_the_address_names_the_integration_when_the_event_does_not(here: World) -> None:
    integration = await here.connect("servicetitan")
    told = event()
    del told["data"]["tenantId"]
    received = await send(here, orjson.dumps(told), integration_id=integration.id)
    assert (received.status, received.unrouted) == (200, 0)


async def test_the_address_of_another_connectors_integration_routes_nothing(here: World) -> None:
    integration = await here.connect("companycam")
    told = event()
    del told["data"]["tenantId"]
    received = await send(here, orjson.dumps(told), integration_id=integration.id)
    assert received.unrouted == 1


async def test_jobbers_signature_is_base64_of_the_client_secret(here: World) -> None:
    told = {
        "topic": "CLIENT_UPDATE",
        "appId": "a",
        "accountId": "x",
        "itemId": "i",
        "occurredAt": "2026-05-04T15:20:00Z",
    }
    body = orjson.dumps({"data": {"webHookEvent": told}})
    signature = base64.b64encode(hmac.digest(b"jobber-secret", body, "sha256")).decode()
    assert (await here.receive("jobber", body, {"X-Jobber-Hmac-SHA256": signature})).status == 200


@given(
    body=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["type", "userassignedid", "data", "x"]), inner)
        ),
    ).map(lambda value: orjson.dumps(value, default=str) if not _too_big(value) else b"1")
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_whatsoever_is_answered_with_5xx(here: World, body: bytes) -> None:
    assert (await send(here, body)).status in (200, 400)
    assert (await here.receive("servicetitan", body, {"X-ServiceTitan-Signature": "00"})).status == 401


def _too_big(value: Any) -> bool:
    """Whether orjson refuses it: an integer beyond 64 bits, a lone surrogate."""
    try:
        orjson.dumps(value)
    except TypeError:
        return True
    return False


class SharedToken(Verifier):
    """A made-up way to prove a delivery: the secret itself, in a header."""

    example: ClassVar[str] = "{type: shared_token}"
    type: Literal["shared_token"] = "shared_token"

    @property
    def secret_name(self) -> str:
        return "app.webhook_key"

    @property
    def secret_headers(self) -> frozenset[str]:
        return frozenset({"x-token"})

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime, app: Mapping[str, Any]) -> None:
        if not any(secret.matches(delivery.headers.get("x-token", "")) for secret in secrets):
            raise BadSignature("the token is wrong")


@dataclass(frozen=True)
class One:
    """A library of one connector."""

    connector: Connector

    def get(self, name: str) -> Connector:
        return self.connector


def told_by_token(here: World, verify: Verifier | None = None) -> House:
    """The house, with a connector that is proved by a token and whose event is the whole request."""
    connector = here.house.connectors.get("servicetitan")
    assert connector.webhooks is not None
    reads = {"reads": "request", "split": "@", "id": "body.id", "type": "body.type", "account": "body.account"}
    events = Events.model_validate(reads)
    webhooks = connector.webhooks.model_copy(update={"verify": verify or SharedToken(), "events": events})
    library: Any = One(connector.model_copy(update={"webhooks": webhooks}))
    return replace(here.house, connectors=library)


async def test_a_header_that_holds_the_secret_is_checked_and_not_stored(here: World) -> None:
    token = "servicetitan-webhook-key-of-32-or-more"
    headers = {"x-token": token, "authorization": f"Bearer {token}", "x-topic": "jobs"}
    body = orjson.dumps({"id": 1, "type": "made.up", "account": 5})
    delivery = Delivery("servicetitan", "POST", "https://x/webhooks/servicetitan", headers, body, here.clock.now())
    house = told_by_token(here)
    assert (await receive(house, delivery)).status == 200
    assert (await receive(house, replace(delivery, headers=headers | {"x-token": "guess"}))).status == 401
    ((_, stored),) = await here.read(deliveries.find)
    assert stored.headers == {"x-topic": "jobs"}
    (found,) = await here.read(lambda c: events.find(c, EventFilter()))
    assert found.payload["headers"] == {"x-topic": "jobs"}


class OwnToken(SharedToken):
    """The token is a secret setting of the company."""

    @property
    def secret_name(self) -> str:
        return "settings.client_secret"


async def test_a_secret_that_no_key_opens_is_answered_503_and_not_taken_for_a_forgery(here: World) -> None:
    integration = await here.connect("servicetitan")
    house = told_by_token(here, OwnToken())
    headers, body = {"x-token": "servicetitan-secret"}, orjson.dumps({"id": 1, "type": "made.up", "account": 5})
    url = f"https://x/webhooks/servicetitan/{integration.id}"
    told = Delivery("servicetitan", "POST", url, headers, body, here.clock.now(), integration_id=integration.id)
    assert (await receive(house, told)).status == 200
    await here.write(lambda c: c.execute(credentials.update().values(sealed=b"k9:lost")))
    assert (await receive(house, told)).status == 503


async def test_what_is_turned_away_is_kept_without_secrets(here: World) -> None:
    await here.receive("servicetitan", b"{}", {"X-ServiceTitan-Signature": "ab", "Authorization": "Bearer x"})
    await here.house.refusals.close()  # an answer waits for its count half a second at most
    (found,) = await here.read(lambda c: rejections.kept(c))
    assert (found.reason, found.delivery.body) == ("bad-signature", b"{}")
    assert dict(found.delivery.headers) == {"x-servicetitan-signature": "ab"}


async def test_connectors_that_strangers_make_up_are_counted_under_one_name(here: World) -> None:
    for name in ("nobody", "../jobber", ""):
        assert (await here.receive(name, b"{}", {})).status == 404
    await here.house.refusals.close()  # an answer waits for its count half a second at most
    found = await here.read(rejections.find)
    assert [(one.connector, one.reason, one.count) for one in found] == [("(unknown)", "no-webhooks", 3)]
