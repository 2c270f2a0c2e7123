"""A webhook request comes in: verify on the raw bytes, read, store, and only then answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from runner.components.handshakes.base import Reply
from runner.connector.connector import Connector
from runner.connector.events import Told
from runner.connector.webhook import Webhooks
from runner.engine.greet import greet, kept
from runner.engine.house import House
from runner.engine.signing import app_of, signing_secrets
from runner.errors import (
    DeliveryError,
    DeliveryTooLarge,
    MalformedDelivery,
    MappingError,
    NotFound,
    RunnerError,
    StoreError,
)
from runner.model.event import Delivery, EventState, WebhookEvent
from runner.model.ids import new_id
from runner.store import rejections
from runner.store.deliveries import WITHHELD
from runner.store.inbox import Arrival

NO_WEBHOOKS = "no-webhooks"
NO_GET = "method-not-allowed"
UNREADABLE = "unreadable-delivery"


@dataclass(frozen=True)
class Received:
    """The HTTP answer, and what became of the request. `reason` is the code of a refusal."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted: int = 0
    duplicates: int = 0
    unroutable: int = 0
    reason: str | None = None


async def receive(house: House, delivery: Delivery) -> Received:
    """Answer one webhook request; never raises. What is answered 2xx is stored.

    401 for a bad signature, 400 for what cannot be read, 404 for a connector without webhooks, 405 for a GET where no
    handshake asks for one, 413 for too much, 503 when the store takes nothing now, or no key opens the secret to check
    with (the partner tries again).
    """
    try:
        connector, webhooks = _webhooks(house, delivery.connector)
    except RunnerError:
        return _refused(404, NO_WEBHOOKS)
    if delivery.method == "GET" and (webhooks.handshake is None or webhooks.handshake.method != "GET"):
        return _refused(405, NO_GET, {"allow": "POST"})
    try:
        arrival = await _read(house, connector, webhooks, delivery)
        if isinstance(arrival, Reply):
            return Received(arrival.status, arrival.body, arrival.headers)
    except DeliveryError as error:
        await _count(house, delivery, error.code)
        return _refused(error.status, error.code)
    except StoreError:
        return _busy()
    except Exception as error:  # whatever an attacker finds is his mistake, not ours
        house.log.error("delivery-unreadable", connector=delivery.connector, error=type(error).__name__)
        await _count(house, delivery, UNREADABLE)
        return _refused(400, UNREADABLE)
    return await _store(house, webhooks, arrival)


async def _store(house: House, webhooks: Webhooks, arrival: Arrival) -> Received:
    try:
        accepted = await house.store.database.append(house.router.accept, arrival)
    except Exception as error:
        house.log.error("delivery-not-stored", connector=arrival.delivery.connector, error=type(error).__name__)
        return _busy()
    count = len(accepted.event_ids)
    return Received(
        webhooks.answer.status, accepted=count, duplicates=accepted.duplicates, unroutable=accepted.unroutable
    )


async def _read(house: House, connector: Connector, webhooks: Webhooks, delivery: Delivery) -> Arrival | Reply:
    """Everything between the raw bytes and the store, in the order that keeps strangers out."""
    if len(delivery.body) > house.config.serve.largest_delivery:
        raise DeliveryTooLarge(f"the body has {len(delivery.body)} bytes (serve.largest_delivery in runner.yaml)")
    refusal = await _refusal(house, connector, webhooks, delivery)
    reply = await greet(house, connector, webhooks.handshake, delivery, refusal is None)
    if refusal is not None and reply is None:
        raise refusal
    delivery = _without_secrets(webhooks, delivery)
    if reply is not None and reply.later is None:
        return reply
    if reply is not None:
        return Arrival(new_id(delivery.received_at), delivery, (kept(delivery, reply.later),))
    told = webhooks.events.read(_parsed(webhooks, delivery), delivery.headers, _query(webhooks, delivery))
    return Arrival(new_id(delivery.received_at), delivery, tuple(_events(webhooks, delivery, told)))


async def _refusal(house: House, connector: Connector, webhooks: Webhooks, delivery: Delivery) -> DeliveryError | None:
    """Why the request is not proved to be the partner's; None when it is. A GET never is: it brings no event."""
    if delivery.method == "GET":
        return MalformedDelivery("a GET that does not try the address")
    secrets = await signing_secrets(house, connector, webhooks.verify.secret_name, delivery)
    try:
        webhooks.verify.verify(delivery, secrets, house.clock.now(), app_of(house, connector))
    except DeliveryError as error:
        return error
    return None


def _webhooks(house: House, name: str) -> tuple[Connector, Webhooks]:
    connector = house.connectors.get(name)
    if connector.webhooks is None:
        raise NotFound(f"{name} sends no webhooks")
    return connector, connector.webhooks


def _without_secrets(webhooks: Webhooks, delivery: Delivery) -> Delivery:
    """The delivery as it may be kept: an event that reads the whole request must not see them either."""
    withheld = (WITHHELD | webhooks.verify.secret_headers) & delivery.headers.keys()
    if not withheld:
        return delivery
    return replace(delivery, headers={name: text for name, text in delivery.headers.items() if name not in withheld})


def _parsed(webhooks: Webhooks, delivery: Delivery) -> Any:
    if not delivery.body and webhooks.events.reads == "request":
        return None
    try:
        return orjson.loads(delivery.body)
    except orjson.JSONDecodeError:
        raise MalformedDelivery("the body is not JSON") from None


def _query(webhooks: Webhooks, delivery: Delivery) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(delivery.url).query)) if webhooks.events.reads == "request" else {}


def _events(webhooks: Webhooks, delivery: Delivery, told: list[Told]) -> Iterator[WebhookEvent]:
    for item in told:
        note, id_ = _because(webhooks, item), new_id(delivery.received_at)
        yield WebhookEvent(
            id=id_,
            connector=delivery.connector,
            type=item.type,
            key=item.key if webhooks.events.duplicates == "drop" else f"{item.key}#{id_}",
            account_id=item.account_id,
            payload=item.payload,
            received_at=delivery.received_at,
            occurred_at=item.occurred_at,
            integration_id=None,
            state=EventState.PENDING if note is None else EventState.DROPPED,
            note=note,
        )


def _because(webhooks: Webhooks, item: Told) -> str | None:
    """Why an event is left out at once. One whose own data cannot be read is kept, and fails alone when it is due."""
    try:
        return webhooks.because(item.type, item.payload)
    except MappingError:
        return None


async def _count(house: House, delivery: Delivery, reason: str) -> None:
    """Count the refusal. A store that is busy must not turn a 4xx into something else."""
    now = house.clock.now()
    try:
        await house.store.database.write(
            lambda connection: rejections.reject(connection, delivery.connector, reason, now)
        )
    except StoreError as error:
        house.log.warning("rejection-not-counted", connector=delivery.connector, reason=reason, error=error.code)


def _refused(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Received:
    body = orjson.dumps({"error": reason})
    return Received(status, body, {"content-type": "application/json", **(headers or {})}, reason=reason)


def _busy() -> Received:
    refused = _refused(503, "store-unavailable")
    return Received(503, refused.body, {**refused.headers, "retry-after": "5"}, reason=refused.reason)
