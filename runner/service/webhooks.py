"""The hot path: a webhook request from the socket to the engine and back, with nothing in between."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

import orjson

from runner.engine.house import House
from runner.engine.webhooks.receive import Received, receive, turn_away
from runner.errors import DeliveryTooLarge
from runner.model.event import Delivery
from runner.service.bodies import (
    PATIENCE,
    HungUp,
    RawHeaders,
    Receive,
    Scope,
    Send,
    TooLarge,
    TooSlow,
    answer,
    read_body,
)

PREFIX = b"/webhooks/"
METHODS = ("POST", "GET")
KNOWN = 1000
"""Addresses that are read once."""
_JSON = {"content-type": "application/json"}
_CLOSE = (b"connection", b"close")


class Address(NamedTuple):
    """What an address names, and the public one: partners sign the one that they were given, not the one behind a
    proxy."""

    connector: str
    integration_id: str | None
    url: str


class Webhooks:
    """An ASGI app for `/webhooks/{connector}` and `/webhooks/{connector}/{integration}`."""

    def __init__(self, house: House, patience: float = PATIENCE) -> None:
        self._house = house
        self._patience = patience
        self._most = house.config.serve.largest_delivery
        self._address = lru_cache(KNOWN)(self._read_address)

    async def take(self, target: bytes, headers: RawHeaders, body: bytes) -> Received:
        """Answer a POST that is here as a whole; `target` is the path, and the query after a `?`, as they came."""
        address = self._address(target)
        return await receive(self._house, self._delivery(address, "POST", headers, body)) if address else _refused(404)

    async def __call__(self, scope: Scope, receive_part: Receive, send: Send) -> None:
        """Answer one request; what is answered 2xx is stored."""
        address, method = self._address(_target(scope)), scope["method"]
        if address is None:
            return await _send(send, _refused(404))
        if method not in METHODS:
            return await _send(send, _refused(405), (b"allow", b"POST, GET"))
        headers: RawHeaders = scope["headers"]
        try:
            body = await read_body(scope, receive_part, self._most, self._patience)
        except HungUp:
            return None
        except TooSlow:
            unread = self._delivery(address, method, headers, b"")
            return await _send(send, await turn_away(self._house, unread, 408, "body-too-slow"), _CLOSE)
        except TooLarge:
            unread = self._delivery(address, method, headers, b"")
            return await _send(send, await turn_away(self._house, unread, 413, DeliveryTooLarge.code), _CLOSE)
        return await _send(send, await receive(self._house, self._delivery(address, method, headers, body)))

    def _delivery(self, address: Address, method: str, headers: RawHeaders, body: bytes) -> Delivery:
        connector, integration_id, url = address
        return Delivery(connector, method, url, _headers(headers), body, self._house.clock.now(), integration_id)

    def _read_address(self, target: bytes) -> Address | None:
        """Connector and integration out of the path as it came, so that an encoded slash is none. A null is in no
        name."""
        path = target.partition(b"?")[0]
        parts = path[len(PREFIX) :].split(b"/")
        if len(parts) not in (1, 2) or not all(parts) or b"%00" in path:
            return None
        names = [unquote(part.decode("latin-1"), errors="replace") for part in parts]
        url = f"{self._house.base_url}{target.decode('latin-1')}"
        return Address(names[0], names[1] if len(names) == 2 else None, url)


def _target(scope: Scope) -> bytes:
    path, query = scope["raw_path"].partition(b"?")[0], scope["query_string"]
    return b"%b?%b" % (path, query) if query else bytes(path)


def _headers(given: RawHeaders) -> dict[str, str]:
    """As text; a header that came more than once is joined with commas (RFC 9110, section 5.3)."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in given}
    return headers if len(headers) == len(given) else _joined(given)


def _joined(given: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in given:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _refused(status: int) -> Received:
    code = "no-such-address" if status == 404 else "method-not-allowed"
    return Received(status, orjson.dumps({"error": code}), _JSON, reason=code)


async def _send(send: Send, received: Received, *more: tuple[bytes, bytes]) -> None:
    headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in received.headers.items())
    await answer(send, received.status, received.body, (*headers, *more))
