"""
Hover's webhooks: made by a call, alive once a code was given back, signed by headers.

Sources: developers.hover.to/docs/leveraging-hovers-webhooks, hovers-available-webhooks and
webhook-signature-verification, whose text is that of the gem api_auth. The name of the header, the digest, the joining
and the repeats are unverified, as are the fields of events about models and capture requests beside their names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.hover_errors import refusal
from runner.authoring.simulate.hover_options import HoverOptions
from runner.authoring.simulate.hover_shapes import written
from runner.authoring.simulate.outbox import WebhookAttempt
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row, Table

HOOK = 230293
TRIAL = "webhook-verification-code"
SCHEMES = {"sha1": "APIAuth", "sha256": "APIAuth-HMAC-SHA256"}


class Hooks:
    """The webhooks of the organisation."""

    def __init__(self, partner: Partner, options: HoverOptions) -> None:
        self._partner = partner
        self._options = options
        self.table = Table("webhooks", [], modified="updated_at", id_type=int)
        self._made = 0

    def routes(self) -> Iterable[Route]:
        route, base = self._partner.route, "/api/v2/webhooks"
        yield route("GET", base, self._list)
        yield route("POST", base, self._create)
        yield route("PUT", f"{base}/{{code}}/verify", self._verify)
        yield route("POST", f"{base}/{{id}}/request_verification", self._again)
        yield route("DELETE", f"{base}/{{id}}", self._delete)

    async def _list(self, _: Request) -> Response:
        return reply([self._shown(row) for row in self.table])

    async def _create(self, request: Request) -> Response:
        body = await json_body(request)
        given = body.get("webhook") if isinstance(body, dict) else None
        url = urlsplit(str(given.get("url", ""))) if isinstance(given, dict) else None
        if url is None or url.scheme not in {"https", "http"} or not url.hostname:
            raise refusal(422, "url is invalid")
        row = self._subscribe(url.geturl())
        self._try(row)
        return reply({**self._shown(row), "hmac_secret": row["hmac_secret"]}, 201)

    def _subscribe(self, url: str) -> Row:
        number = HOOK + self._made
        self._made += 1
        secret = base64.b64encode(self._partner.dice.mint("hmac").encode()).decode()
        return self.table.add(
            {
                "id": number,
                "owner_type": "Org",
                "owner_id": self._options.org_id,
                "url": url,
                "created_at": self._partner.now(),
                "updated_at": self._partner.now(),
                "verified_at": None,
                "hmac_secret": secret,
                "last_error": None,
                "content_type": "json",
                "code": self._partner.dice.uuid(),
            }
        )

    async def _verify(self, request: Request) -> Response:
        row = next((row for row in self.table if row["code"] == request.path_params["code"]), None)
        if row is None:
            raise refusal(404, "Webhook not found")
        self.table.change(row["id"], {"verified_at": self._partner.now()}, self._partner.now())
        return reply(self._shown(row))

    async def _again(self, request: Request) -> Response:
        self._try(self._found(request))
        return reply({"success": True})

    async def _delete(self, request: Request) -> Response:
        row = self.table.remove(self._found(request)["id"])
        self._partner.outbox.withdraw(str(row["id"]))
        return Response(status_code=204)

    def _found(self, request: Request) -> Row:
        row = self.table.get(request.path_params["id"])
        if row is None:
            raise refusal(404, "Webhook not found")
        return row

    def _shown(self, row: Row) -> Row:
        """Without the secret, which is shown once."""
        times = {name: written(row[name]) for name in ("created_at", "updated_at", "verified_at")}
        return {name: value for name, value in row.items() if name not in {"hmac_secret", "code"}} | times

    # Telling

    def _try(self, hook: Row) -> None:
        self._post(hook, TRIAL, {"code": hook["code"]})

    def tell(self, event: str, **said: Any) -> None:
        """Post to every webhook that was confirmed."""
        for hook in self.table:
            if hook["verified_at"] is not None:
                self._post(hook, event, said)

    def _post(self, hook: Row, event: str, said: Row) -> None:
        body = orjson.dumps({"event": event, "webhook_id": hook["id"], **said})

        def compose(_: int) -> tuple[bytes, dict[str, str]]:
            return body, self._signed(hook, body)

        self._partner.outbox.put(event, hook["url"], compose, subscription=str(hook["id"]))

    def _signed(self, hook: Row, body: bytes) -> dict[str, str]:
        """Each attempt is signed anew, since the time is part of it."""
        url = urlsplit(hook["url"])
        headers = {
            "content-type": "application/json",
            "content-md5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
            "date": format_datetime(self._partner.now(), usegmt=True),
        }
        uri = url.path if self._options.signs_uri else ""
        said = ",".join((headers["content-type"], headers["content-md5"], uri, headers["date"]))
        proof = seal(hook["hmac_secret"], said, self._options.digest)
        return {**headers, "authorization": f"{SCHEMES[self._options.digest]} {hook['id']}:{proof}"}

    def settled(self, attempt: WebhookAttempt) -> None:
        """Trouble with a delivery is noted on the webhook until one succeeds."""
        hook = self.table.get(attempt.subscription or -1)
        if hook is not None:
            error = None if attempt.accepted else str(attempt.status or attempt.error)
            self.table.change(hook["id"], {"last_error": error}, self._partner.now())


def seal(secret: str, said: str, digest: str) -> str:
    """base64(HMAC) over the canonical string."""
    return base64.b64encode(hmac.digest(secret.encode(), said.encode(), digest)).decode()
