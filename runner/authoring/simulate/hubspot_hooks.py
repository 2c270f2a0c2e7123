"""
HubSpot's webhooks: the app's settings and subscriptions, events in lists, signatures of versions 1 and 3.

Sources: developers.hubspot.com webhooks and validating-requests, the official OpenAPI file Webhooks v3, GitHub
HubSpot/hubspot-api-nodejs src/utils/signature.ts. A repeated webhook is signed anew, which is inferred.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.hubspot_data import KINDS, OWN, Kind, written
from runner.authoring.simulate.hubspot_errors import Errors
from runner.authoring.simulate.hubspot_options import HubSpotOptions
from runner.authoring.simulate.hubspot_ties import End
from runner.authoring.simulate.outbox import Outbox
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row

VERBS = ("creation", "deletion", "merge", "restore", "associationChange")
DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip


@dataclass(frozen=True)
class Happening:
    """One thing that happened to an object: `type` such as `deal.propertyChange`, and what the event says of it."""

    type: str
    said: Row


class Told(Protocol):
    """Whose webhooks they are."""

    outbox: Outbox
    errors: Errors
    dice: Dice
    webhook_url: str

    def now(self) -> Any: ...

    def route(self, method: str, path: str, answer: Answer, *, api: bool = True) -> Route: ...


class Hooks:
    """The app's one target and its subscriptions; with a target from the start, everything is subscribed to."""

    def __init__(self, partner: Told, options: HubSpotOptions, columns: dict[str, list[str]]) -> None:
        self._partner = partner
        self._options = options
        self.url = partner.webhook_url
        self.at_once = 10
        self.subscriptions: dict[int, Row] = {}
        self._numbers = itertools.count(25)
        self._events = itertools.count(900_000_001)
        if self.url:
            for kind in {kind.name: kind for kind in KINDS.values() if kind.told}.values():
                for verb in VERBS:
                    self._subscribe({"eventType": f"{kind.name}.{verb}", "active": True})
                for name in columns[kind.table]:
                    change = {"eventType": f"{kind.name}.propertyChange", "propertyName": name, "active": True}
                    self._subscribe(change)
            self._subscribe({"eventType": "contact.privacyDeletion", "active": True})

    # The app's own endpoints

    def routes(self) -> Iterable[Route]:
        base, methods = f"/webhooks/v3/{self._options.app_id}", (("GET", self._show), ("PUT", self._set))
        for method, answer in (*methods, ("DELETE", self._unset)):
            yield self._route(method, f"{base}/settings", answer)
        yield self._route("GET", f"{base}/subscriptions", self._list)
        yield self._route("POST", f"{base}/subscriptions", self._create)
        yield self._route("PATCH", f"{base}/subscriptions/{{id:int}}", self._switch)
        yield self._route("DELETE", f"{base}/subscriptions/{{id:int}}", self._delete)

    def _route(self, method: str, path: str, answer: Answer) -> Route:
        """The developer's key opens these, not an account's token."""

        async def endpoint(request: Request) -> Response:
            if request.query_params.get("hapikey") != self._options.developer_key:
                return self._partner.errors.answer(401, "The API key provided is invalid")
            return await answer(request)

        return self._partner.route(method, path, endpoint, api=False)

    async def _show(self, _: Request) -> Response:
        if not self.url:
            return self._partner.errors.answer(404, "No settings found for the app")
        return reply({"targetUrl": self.url, "throttling": {"maxConcurrentRequests": self.at_once}})

    async def _set(self, request: Request) -> Response:
        body = await json_body(request)
        url = body.get("targetUrl") if isinstance(body, dict) else None
        if not isinstance(url, str) or not url.startswith("https://"):
            return self._partner.errors.answer(400, "targetUrl must be an https address")
        self.url, self.at_once = url, body.get("throttling", {}).get("maxConcurrentRequests", 10)
        return await self._show(request)

    async def _unset(self, _: Request) -> Response:
        self.url = ""
        return Response(status_code=204)

    async def _list(self, _: Request) -> Response:
        return reply({"results": list(self.subscriptions.values())})

    async def _create(self, request: Request) -> Response:
        body = await json_body(request)
        given = body if isinstance(body, dict) else {}
        kind, _, verb = str(given.get("eventType")).partition(".")
        known = kind in {"deal", "contact", "company"} and verb in {*VERBS, "propertyChange", "privacyDeletion"}
        if not known or (verb == "propertyChange" and not given.get("propertyName")):
            return self._partner.errors.answer(400, "eventType is unknown, or propertyName is missing")
        return reply(self._subscribe({**given, "active": bool(given.get("active"))}), 201)

    def _subscribe(self, fields: Row) -> Row:
        number = next(self._numbers)
        self.subscriptions[number] = {"id": str(number), **fields, "createdAt": written(self._partner.now())}
        return self.subscriptions[number]

    async def _switch(self, request: Request) -> Response:
        body, row = await json_body(request), self.subscriptions.get(request.path_params["id"])
        if row is None or not isinstance(body, dict):
            return self._partner.errors.answer(404, "Subscription not found")
        row["active"] = body.get("active") is True
        return reply(row)

    async def _delete(self, request: Request) -> Response:
        self.subscriptions.pop(request.path_params["id"], None)
        return Response(status_code=204)

    # Telling

    def tell(self, *happened: Happening, source: Row) -> None:
        """Post what is subscribed to, in lists; `source` says who did it."""
        events = [event for one in happened for event in self._said(one, source)]
        for start in range(0, len(events), self._options.most_events):
            self._post(events[start : start + self._options.most_events])

    def _said(self, one: Happening, source: Row) -> Iterable[Row]:
        for number, row in self.subscriptions.items():
            name = row.get("propertyName")
            if row["active"] and row["eventType"] == one.type and name in {None, one.said.get("propertyName")}:
                yield {
                    "eventId": next(self._events),
                    "subscriptionId": number,
                    "portalId": self._options.hub_id,
                    "appId": self._options.app_id,
                    "occurredAt": self._milliseconds(),
                    "subscriptionType": one.type,
                    "attemptNumber": 0,
                    **one.said,
                    **source,
                }

    def _post(self, events: list[Row]) -> None:
        url = self.url

        def compose(attempt: int) -> tuple[bytes, dict[str, str]]:
            body = orjson.dumps([{**event, "attemptNumber": attempt - 1} for event in events])
            return body, self._signed(url, body)

        copies = self._options.duplicates
        self._partner.outbox.put(events[0]["subscriptionType"], url, compose, copies=copies)

    def _signed(self, url: str, body: bytes) -> dict[str, str]:
        """Versions 1 and 3 side by side."""
        secret, at = self._options.client_secret, str(self._milliseconds())
        signed = decoded(url) if self._options.decodes_url else url
        return {
            "content-type": "application/json",
            "X-HubSpot-Signature": seal_v1(secret, body),
            "X-HubSpot-Signature-Version": "v1",
            "X-HubSpot-Request-Timestamp": at,
            "X-HubSpot-Signature-v3": seal_v3(secret, "POST", signed, body, at),
        }

    def _milliseconds(self) -> int:
        return int(self._partner.now().timestamp() * 1000)


def changed(kind: Kind, said: Row, before: Row, after: Row) -> Iterable[Happening]:
    """One event for each property that changed."""
    for name in after:
        if name not in OWN and before.get(name) != after[name]:
            value = {"propertyName": name, "propertyValue": after[name] or "", "isSensitive": False}
            yield Happening(f"{kind.name}.propertyChange", {**said, **value})


def tied(ends: tuple[End, End], removed: bool) -> Happening:
    """An association that was made or ended, told from its first end."""
    one, other = ends
    said = {
        "associationType": f"{one.kind}_to_{other.kind}".upper(),
        "fromObjectId": int(one.id),
        "toObjectId": int(other.id),
        "associationRemoved": removed,
        "isPrimaryAssociation": False,
    }
    return Happening(f"{one.kind}.associationChange", said)


def seal_v1(secret: str, body: bytes) -> str:
    """A plain hash over secret and body, in hexadecimal digits."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def seal_v2(secret: str, method: str, url: str, body: bytes) -> str:
    """Of workflow webhooks: a plain hash over secret, method, URL and body."""
    return hashlib.sha256(f"{secret}{method}{url}".encode() + body).hexdigest()


def seal_v3(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """base64(HMAC-SHA256) over method, URL, body and timestamp."""
    message = f"{method}{url}".encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def decoded(url: str) -> str:
    """The URL as documents say that version 3 signs it: some codes are decoded, the fragment is gone."""
    made = url.partition("#")[0]
    for code, sign in DECODED.items():
        made = made.replace(code, sign).replace(code.lower(), sign)
    return made
