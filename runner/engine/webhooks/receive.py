"""A webhook request comes in: verify on the raw bytes, read, store, and only then answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import orjson

from runner.components.handshakes.base import Reply
from runner.connector.connector import Connector
from runner.connector.events import Told
from runner.connector.webhook import Webhooks
from runner.engine.house import House
from runner.engine.subscriptions.signing import pretend, vouchers
from runner.engine.voucher import Environments, Vouchers
from runner.engine.webhooks.greet import greet, kept
from runner.engine.webhooks.withhold import stranger_without_secrets, without_secrets
from runner.errors import (
    DeliveryError,
    DeliveryTooLarge,
    MalformedDelivery,
    MappingError,
    NotFound,
    RunnerError,
    StoreError,
)
from runner.model.event import Delivery, WebhookEvent
from runner.model.ids import new_id, new_ids
from runner.store.inbox import Arrival

NO_WEBHOOKS = "no-webhooks"
NO_GET = "method-not-allowed"
UNREADABLE = "unreadable-delivery"
_JSON = {"content-type": "application/json"}
UNKNOWN = "(unknown)"
"""Under this name requests are counted whose connector there is not: what strangers make up is no row of its own."""


@dataclass(frozen=True)
class Received:
    """The HTTP answer, and what became of the request. `reason` is the code of a refusal."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted: int = 0
    duplicates: int = 0
    unrouted: int = 0
    reason: str | None = None


async def receive(house: House, delivery: Delivery) -> Received:
    """Answer one webhook request; never raises. What is answered 2xx is stored.

    401 for a bad signature, 400 for what cannot be read, 404 for a connector without webhooks, 405 for a GET where no
    handshake asks for one, 413 for too much, 503 when the store takes nothing now or not within the partner's limit, or
    no key opens the secret to check with (the partner tries again).
    """
    try:
        connector, webhooks = _webhooks(house, delivery.connector)
    except RunnerError:
        pretend(delivery)
        return await turn_away(house, delivery, 404, NO_WEBHOOKS)
    if delivery.method == "GET" and (webhooks.handshake is None or webhooks.handshake.method != "GET"):
        return replace(await turn_away(house, delivery, 405, NO_GET), headers={**_JSON, "allow": "POST"})
    try:
        arrival = await _read(house, connector, webhooks, delivery)
        if isinstance(arrival, Reply):
            return Received(arrival.status, arrival.body, arrival.headers)
        return await _store(house, webhooks, arrival)
    except DeliveryError as error:
        return await turn_away(house, delivery, error.status, error.code)
    except StoreError:
        return _busy()
    except TimeoutError:  # it may be stored yet: then what the partner sends again is a duplicate
        house.log.error("delivery-not-stored-in-time", connector=delivery.connector, seconds=webhooks.answer.patience)
        return _busy()
    except Exception as error:  # whatever an attacker finds is his mistake, not ours
        house.log.error("delivery-unreadable", connector=delivery.connector, error=type(error).__name__)
        return await turn_away(house, delivery, 400, UNREADABLE)


async def turn_away(house: House, delivery: Delivery, status: int, reason: str) -> Received:
    """Refuse a request: it is counted, and perhaps kept for an hour. A store that is busy changes nothing about it."""
    try:
        await house.refusals.note(_as_stranger(house, delivery), reason)
    except StoreError as error:
        house.log.warning("rejection-not-counted", connector=delivery.connector, reason=reason, error=error.code)
    return _refused(status, reason)


def _as_stranger(house: House, delivery: Delivery) -> Delivery:
    """What may be kept of a request that nobody vouches for."""
    try:
        webhooks = house.connectors.get(delivery.connector).webhooks
    except RunnerError:
        return stranger_without_secrets(replace(delivery, connector=UNKNOWN))
    return stranger_without_secrets(delivery, webhooks.verify.secret_headers if webhooks else ())


async def _store(house: House, webhooks: Webhooks, arrival: Arrival) -> Received:
    try:
        accepted = await house.store.database.append(house.router.accept, arrival, webhooks.answer.patience)
    except TimeoutError:
        raise
    except Exception as error:
        house.log.error("delivery-not-stored", connector=arrival.delivery.connector, error=type(error).__name__)
        return _busy()
    return _taken(webhooks.answer.status, len(accepted.event_ids), accepted.duplicates, accepted.unrouted)


@lru_cache(1000)
def _taken(status: int, count: int, duplicates: int, unrouted: int) -> Received:
    return Received(status, accepted=count, duplicates=duplicates, unrouted=unrouted)


async def _read(house: House, connector: Connector, webhooks: Webhooks, delivery: Delivery) -> Arrival | Reply:
    """Everything between the raw bytes and the store, in the order that keeps strangers out."""
    if len(delivery.body) > house.config.serve.largest_delivery:
        raise DeliveryTooLarge(f"the body has {len(delivery.body)} bytes (serve.largest_delivery in runner.yaml)")
    known, environments, refusal = await _check(house, connector, webhooks, delivery)
    handshake = webhooks.handshake
    reply = await greet(house, connector, handshake, delivery, refusal is None) if handshake else None
    if refusal is not None and reply is None:
        raise refusal
    delivery = without_secrets(delivery, known.secrets, webhooks.verify.secret_headers)
    if environments is not None:
        delivery = replace(delivery, environments=environments)
    if reply is not None:
        return (
            reply
            if reply.later is None
            else Arrival(new_id(delivery.received_at), delivery, (kept(delivery, reply.later),))
        )
    told = webhooks.told(delivery.body, delivery.headers, delivery.url)
    id_, *ids = new_ids(delivery.received_at, 1 + len(told))
    events = tuple([_event(webhooks, delivery, item, own) for item, own in zip(told, ids, strict=True)])
    return Arrival(id_, delivery, events, known.bound)


async def _check(
    house: House, connector: Connector, webhooks: Webhooks, delivery: Delivery
) -> tuple[Vouchers, Environments, DeliveryError | None]:
    """Who may vouch for the request, the environments that it is proved for, and why it is not proved to be the
    partner's; None when it is. A GET never is: it brings no event."""
    if delivery.method == "GET":
        return Vouchers(), None, MalformedDelivery("a GET that does not try the address")
    known = await vouchers(house, connector, webhooks.verify.secret_name, delivery)
    try:
        return known, known.vouch(delivery, delivery.received_at), None
    except DeliveryError as error:
        return known, None, error


def _webhooks(house: House, name: str) -> tuple[Connector, Webhooks]:
    connector = house.connectors.get(name)
    if connector.webhooks is None:
        raise NotFound(f"{name} sends no webhooks")
    return connector, connector.webhooks


def _event(webhooks: Webhooks, delivery: Delivery, item: Told, id_: str) -> WebhookEvent:
    kind, key, account_id, occurred_at, payload, subscription = item
    if webhooks.events.duplicates == "keep":
        key = f"{key}#{id_}"
    note = _because(webhooks, item)
    return WebhookEvent.arriving(id_, key, delivery, kind, account_id, payload, occurred_at, note, subscription)


def _because(webhooks: Webhooks, item: Told) -> str | None:
    """Why an event is left out at once. One whose own data cannot be read is kept, and fails alone when it is due."""
    try:
        return webhooks.because(item.type, item.payload)
    except MappingError:
        return None


def _refused(status: int, reason: str) -> Received:
    return Received(status, orjson.dumps({"error": reason}), _JSON, reason=reason)


def _busy() -> Received:
    return replace(_refused(503, "store-unavailable"), headers={**_JSON, "retry-after": "5"})
