"""Whether a connector's signed example proves its way of verifying: right as it is, refused however it is altered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from runner.connector.connector import Connector
from runner.connector.document import Document
from runner.connector.webhook import Vector, Webhooks
from runner.errors import BadSignature, DeliveryError, Finding, StaleDelivery
from runner.model.event import Delivery
from runner.model.secret import Secret

_NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_LATE = timedelta(days=30)


@dataclass(frozen=True)
class Attempt:
    """What somebody might send who does not know the secret, and what must be said of it."""

    what: str
    delivery: Delivery
    secret: Secret
    remedy: str
    refusal: type[DeliveryError] = BadSignature


def check(connector: Connector, document: Document) -> Iterator[Finding]:
    """A `bad-vector` finding when the example is refused, or for each altered one that is taken."""
    webhooks = connector.webhooks
    if webhooks is None:
        return
    place = document.key_place(("webhooks", "vector"))
    try:
        arrived = arrival(webhooks.vector)
    except ValueError:
        yield Finding(place, "bad-vector", "`at` is not a time", "write ISO 8601: 2026-05-04T15:18:10Z")
        return
    delivery = delivered(connector.connector, webhooks.vector, arrived)
    secret = Secret(webhooks.vector.secret)
    refusal = refused(connector, webhooks, delivery, secret)
    if refusal is not None:
        remedy = "compare `verify` with the partner's documents, the vector with its source; `runner sign` makes one"
        yield Finding(place, "bad-vector", f"the example is refused: {refusal}", remedy)
        return
    for attempt in _attempts(webhooks, delivery, secret, defaults(connector)):
        if not isinstance(refused(connector, webhooks, attempt.delivery, attempt.secret), attempt.refusal):
            yield Finding(place, "bad-vector", f"{attempt.what} is taken all the same", attempt.remedy)


def _attempts(webhooks: Webhooks, delivery: Delivery, secret: Secret, app: dict[str, Any]) -> Iterator[Attempt]:
    """Everything that this way of verifying must notice. What signs no body does not notice another one, and what
    holds no time does not notice that it comes late."""
    verify = webhooks.verify
    if verify.covers_body:
        altered = replace(delivery, body=delivery.body + b" ")
        yield Attempt("an example with an altered body", altered, secret, "`verify.signs` must hold `{{ raw_body }}`")
    if verify.secret_name is not None:
        yield Attempt("an example with a wrong secret", delivery, _other(secret), "`verify` must depend on its secret")
    for name in verify.proof_headers(app):
        value = delivery.headers.get(name.lower(), "")
        for what, headers in (
            (f"an example without the header {name}", {}),
            (f"an example with an altered header {name}", {name.lower(): _changed(value)}),
        ):
            rest = {key: text for key, text in delivery.headers.items() if key != name.lower()}
            remedy = f"`verify` must depend on {name}: sign it, or leave it out"
            yield Attempt(what, replace(delivery, headers=rest | headers), secret, remedy)
    if verify.notices_age:
        late = replace(delivery, received_at=delivery.received_at + _LATE)
        remedy = "shorten the tolerance in `verify`"
        yield Attempt("an example that comes a month late", late, secret, remedy, StaleDelivery)


def refused(connector: Connector, webhooks: Webhooks, delivery: Delivery, secret: Secret) -> DeliveryError | None:
    """Why a delivery is not taken; None when it is."""
    try:
        webhooks.verify.verify(delivery, [secret], delivery.received_at, defaults(connector))
    except DeliveryError as error:
        return error
    return None


def defaults(connector: Connector) -> dict[str, Any]:
    """The operator's values, as long as nobody sets them."""
    return {name: field.default for name, field in connector.app.items()}


def _other(secret: Secret) -> Secret:
    """Another secret of the same form: one letter or digit is another."""
    return Secret(_changed(secret.reveal()))


def _changed(text: str) -> str:
    """The text with one letter or digit changed, in its latter half, where signatures stand; with one more where it
    has none."""
    places = [at for at, char in enumerate(text) if char.isascii() and char.isalnum()]
    if not places:
        return text + "0"
    at = places[len(places) * 3 // 4]
    return text[:at] + ("1" if text[at] == "0" else "0") + text[at + 1 :]


def delivered(connector: str, vector: Vector, arrived: datetime) -> Delivery:
    """The example as it would come."""
    headers = {name.lower(): value for name, value in vector.headers.items()}
    return Delivery(connector, vector.method, vector.url, headers, vector.body.encode(), arrived)


def arrival(vector: Vector) -> datetime:
    """When the example comes. Raises ValueError for a time that is none."""
    if vector.at is None:
        return _NO_TIME
    found = datetime.fromisoformat(vector.at)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
