"""Whether a connector's signed example proves its way of verifying: right as it is, refused when altered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from runner.connector.connector import Connector
from runner.connector.document import Document
from runner.connector.webhook import Vector, Webhooks
from runner.errors import DeliveryError, Finding
from runner.model.event import Delivery
from runner.model.secret import Secret

_NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def check(connector: Connector, document: Document) -> Iterator[Finding]:
    """A `bad-vector` finding when the example is refused, or an altered one is taken."""
    if connector.webhooks is None:
        return
    place = document.key_place(("webhooks", "vector"))
    try:
        arrived = _arrival(connector.webhooks.vector)
    except ValueError:
        yield Finding(place, "bad-vector", "`at` is not a time", "write ISO 8601: 2026-05-04T15:18:10Z")
        return
    delivery = _delivery(connector.connector, connector.webhooks.vector, arrived)
    refusal = _refusal(connector, connector.webhooks, delivery)
    if refusal is not None:
        remedy = "compare `verify` with the partner's documents, and the vector with its source"
        yield Finding(place, "bad-vector", f"the example is refused: {refusal}", remedy)
    elif _refusal(connector, connector.webhooks, replace(delivery, body=delivery.body + b" ")) is None:
        message = "an example with an altered body is taken all the same"
        yield Finding(place, "bad-vector", message, "`verify.signs` must hold `{{ raw_body }}`")


def _refusal(connector: Connector, webhooks: Webhooks, delivery: Delivery) -> str | None:
    app = {name: field.default for name, field in connector.app.items()}
    try:
        webhooks.verify.verify(delivery, [Secret(webhooks.vector.secret)], delivery.received_at, app)
    except DeliveryError as error:
        return str(error)
    return None


def _delivery(connector: str, vector: Vector, arrived: datetime) -> Delivery:
    headers = {name.lower(): value for name, value in vector.headers.items()}
    return Delivery(connector, vector.method, vector.url, headers, vector.body.encode(), arrived)


def _arrival(vector: Vector) -> datetime:
    if vector.at is None:
        return _NO_TIME
    found = datetime.fromisoformat(vector.at)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
