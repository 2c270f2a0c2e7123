"""
CompanyCam's webhook subscriptions: their endpoints, who hears what, when one is switched off.

Sources: docs.companycam.com/docs/webhooks-1 and the OpenAPI file. Every read shows the `token` in clear.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.companycam_data import WEBHOOK
from runner.authoring.simulate.companycam_options import CompanyCamOptions
from runner.authoring.simulate.companycam_requests import bare, found, members, needed
from runner.authoring.simulate.outbox import WebhookAttempt
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row, Table


class Hooks:
    """The subscriptions of the account."""

    def __init__(self, partner: Partner, options: CompanyCamOptions) -> None:
        self._partner = partner
        self._options = options
        self._errors: Counter[str] = Counter()

    def routes(self) -> Iterable[Route]:
        route = self._partner.route
        yield route("GET", "/v2/webhooks", self._list)
        yield route("POST", "/v2/webhooks", self._create)
        yield route("GET", "/v2/webhooks/{id}", self._show)
        yield route("PUT", "/v2/webhooks/{id}", self._update)
        yield route("DELETE", "/v2/webhooks/{id}", self._delete)

    @property
    def _table(self) -> Table:
        return self._partner.table("webhooks")

    async def _list(self, request: Request) -> Response:
        return bare(list(self._table), request)

    async def _create(self, request: Request) -> Response:
        body = await members(request)
        url, scopes = needed(body, "url", str), needed(body, "scopes", list)
        row = self.subscribe(url, scopes, str(body.get("token") or ""), bool(body.get("enabled", True)))
        return reply(row, 201)

    async def _show(self, request: Request) -> Response:
        return reply(found(self._table, request.path_params["id"]))

    async def _update(self, request: Request) -> Response:
        row, body = found(self._table, request.path_params["id"]), await members(request)
        fields: Row = {name: body[name] for name in ("url", "scopes", "enabled", "token") if name in body}
        self._table.change(row["id"], fields, self._partner.stamp())
        if fields.get("enabled"):
            self._errors[row["id"]] = 0
        return reply(row, 201)

    async def _delete(self, request: Request) -> Response:
        row = self._table.remove(found(self._table, request.path_params["id"])["id"])
        self._partner.outbox.withdraw(row["id"])
        return Response(status_code=204)

    def subscribe(self, url: str, scopes: list[str], token: str, enabled: bool = True) -> Row:
        now, number = self._partner.stamp(), max((int(row["id"]) for row in self._table), default=WEBHOOK - 1) + 1
        return self._table.add(
            {
                "id": str(number),
                "company_id": self._options.company_id,
                "url": url,
                "scopes": scopes,
                "token": token,
                "enabled": enabled,
                "created_at": now,
                "updated_at": now,
            }
        )

    def announce(self, event: str, kind: str, thing: Row, after: float = 0.0) -> None:
        """Tell everyone who subscribed; the body is the same in each attempt."""
        for hook in self._table:
            if hook["enabled"] and any(_covers(scope, event) for scope in hook["scopes"]):
                self._post(hook, event, {kind: thing} if self._options.wrapped else thing, after)

    def _post(self, hook: Row, event: str, payload: Row, after: float) -> None:
        created = int(self._partner.now().timestamp() + after)
        number = int(hook["id"])
        envelope = {"event_type": event, "created_at": created, "webhook_id": number, "payload": payload}
        body = orjson.dumps(envelope)
        headers = {"content-type": "application/json", "X-CompanyCam-Signature": seal(hook["token"], body)}
        self._partner.outbox.put(event, hook["url"], lambda _: (body, headers), after=after, subscription=hook["id"])

    def settled(self, attempt: WebhookAttempt) -> None:
        """A success clears the count of errors; one error too many switches the subscription off."""
        hook = self._table.get(attempt.subscription)
        if attempt.accepted or hook is None:
            self._errors[attempt.subscription] = 0
            return
        self._errors[hook["id"]] += 1
        if self._errors[hook["id"]] > self._options.errors:
            self._table.change(hook["id"], {"enabled": False}, self._partner.stamp())
            self._partner.outbox.withdraw(hook["id"])


def _covers(scope: str, event: str) -> bool:
    """`*`, `project.*` or the event itself."""
    return scope in {"*", event} or (scope.endswith(".*") and event.startswith(scope[:-1]))


def seal(token: str, body: bytes) -> str:
    """base64(HMAC-SHA1) over the raw body; the key is the subscription's token."""
    return base64.b64encode(hmac.new(token.encode(), body, hashlib.sha1).digest()).decode()
