"""The hot path: a webhook request from the socket to the engine and back, with nothing in between."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

import orjson

from runner.engine.house import House
from runner.engine.webhooks.receive import Received, receive, turn_away
from runner.errors import DeliveryTooLarge
from runner.model.event import Delivery
from runner.service.bodies import PATIENCE, HungUp, Receive, Scope, Send, TooLarge, TooSlow, answer, read_body

PREFIX = b"/webhooks/"
METHODS = ("POST", "GET")
_JSON = (b"content-type", b"application/json")
_CLOSE = (b"connection", b"close")


class Webhooks:
    """An ASGI app for `/webhooks/{connector}` and `/webhooks/{connector}/{integration}`."""

    def __init__(self, house: House, patience: float = PATIENCE) -> None:
        self._house = house
        self._patience = patience
        self._most = house.config.serve.largest_delivery

    async def __call__(self, scope: Scope, receive_part: Receive, send: Send) -> None:
        """Answer one request; what is answered 2xx is stored."""
        names = _names(scope["raw_path"])
        if names is None:
            return await answer(send, 404, _refusal("no-such-address"), (_JSON,))
        if scope["method"] not in METHODS:
            return await answer(send, 405, _refusal("method-not-allowed"), (_JSON, (b"allow", b"POST, GET")))
        try:
            body = await read_body(scope, receive_part, self._most, self._patience)
        except HungUp:
            return None
        except TooSlow:
            received = await turn_away(self._house, self._delivery(scope, names, b""), 408, "body-too-slow")
            return await _send(send, received, _CLOSE)
        except TooLarge:
            received = await turn_away(self._house, self._delivery(scope, names, b""), 413, DeliveryTooLarge.code)
            return await _send(send, received, _CLOSE)
        received = await receive(self._house, self._delivery(scope, names, body))
        return await _send(send, received)

    def _delivery(self, scope: Scope, names: tuple[str, str | None], body: bytes) -> Delivery:
        connector, integration_id = names
        return Delivery(
            connector=connector,
            method=scope["method"],
            url=self._url(scope),
            headers=_headers(scope),
            body=body,
            received_at=self._house.clock.now(),
            integration_id=integration_id,
        )

    def _url(self, scope: Scope) -> str:
        """The public address: partners sign the one that they were given, not the one behind a proxy."""
        path = scope["raw_path"].partition(b"?")[0].decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        return f"{self._house.base_url}{path}?{query}" if query else f"{self._house.base_url}{path}"


@lru_cache(1000)
def _names(raw_path: bytes) -> tuple[str, str | None] | None:
    """Connector and integration out of the path as it came, so that an encoded slash is none. A null is in no name."""
    parts = raw_path.partition(b"?")[0][len(PREFIX) :].split(b"/")
    if len(parts) not in (1, 2) or not all(parts) or b"%00" in raw_path:
        return None
    names = [unquote(part.decode("latin-1"), errors="replace") for part in parts]
    return names[0], names[1] if len(names) == 2 else None


def _headers(scope: Scope) -> dict[str, str]:
    """Names in lower case; a header that came more than once is joined with commas (RFC 9110, section 5.3)."""
    given = scope["headers"]
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in given}
    return headers if len(headers) == len(given) else _joined(given)


def _joined(given: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in given:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _refusal(code: str) -> bytes:
    return orjson.dumps({"error": code})


async def _send(send: Send, received: Received, *more: tuple[bytes, bytes]) -> None:
    headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in received.headers.items())
    await answer(send, received.status, received.body, (*headers, *more))
