"""
Pipedrive's webhooks, version 2: their endpoints, what they tell, when they are banned or removed.

Sources: pipedrive.readme.io guide-for-webhooks-v2 and webhooks-for-apps; the official OpenAPI v1. Nothing is signed:
all that proves a webhook is HTTP Basic. That a ban shows in no field is assumed.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.outbox import WebhookAttempt
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.pipedrive_errors import refusal, unhooked
from runner.authoring.simulate.pipedrive_kinds import written
from runner.authoring.simulate.pipedrive_oauth import ADMIN
from runner.authoring.simulate.pipedrive_options import PipedriveOptions
from runner.authoring.simulate.table import Row, Table

ACTIONS = ("create", "change", "delete", "*")
OBJECTS = (
    "activity", "deal", "lead", "note", "organization", "person", "pipeline", "product", "stage", "user", "*",
)  # fmt: skip
HOOK = 901
LOCAL = ("localhost", "127.0.0.1")


class Hooks:
    """The webhooks of the account, as rows of a table."""

    def __init__(self, partner: Partner, options: PipedriveOptions) -> None:
        self._partner = partner
        self._options = options
        self.table = Table("webhooks", [], modified=None, id_type=int)
        self._failed: Counter[int] = Counter()
        self._banned: dict[int, datetime] = {}
        self._good: dict[int, datetime] = {}
        self._made = 0

    def routes(self) -> Iterable[Route]:
        for base in ("/api/v1/webhooks", "/v1/webhooks"):
            yield self._partner.route("GET", base, self._list)
            yield self._partner.route("POST", base, self._create)
            yield self._partner.route("DELETE", f"{base}/{{id}}", self._delete)

    # Their endpoints

    async def _list(self, _: Request) -> Response:
        self._remove_silent()
        return reply({"status": "ok", "success": True, "data": [_shown(row) for row in self.table]})

    async def _create(self, request: Request) -> Response:
        body = await json_body(request)
        given = body if isinstance(body, dict) else {}
        if flaw := _flaw_of(str(given.get("subscription_url") or "")):
            raise unhooked(400, subscription_url=flaw)
        if given.get("event_action") not in ACTIONS or given.get("event_object") not in OBJECTS:
            raise unhooked(400, event_action="Unknown event")
        if not given.get("name"):
            raise unhooked(400, name="The name is required")
        if str(given.get("version", "2.0")) != "2.0":
            raise unhooked(400, version="Only version 2.0 is simulated")
        if sum(bool(row["is_active"]) for row in self.table) >= self._options.most_webhooks:
            raise unhooked(422, subscription_url="Webhook limit reached")
        return reply({"status": "ok", "success": True, "data": _shown(self.subscribe(given))}, 201)

    async def _delete(self, request: Request) -> Response:
        row = self.table.get(request.path_params["id"])
        if row is None:
            raise refusal(404, "Webhook not found")
        self.table.remove(row["id"])
        self._partner.outbox.withdraw(str(row["id"]))
        return reply({"status": "ok", "success": True})

    def subscribe(self, given: Row) -> Row:
        """A webhook as asked for; who asked is the admin."""
        number = HOOK + self._made
        self._made += 1
        self._good[number] = self._partner.now()
        return self.table.add(
            {
                "id": number,
                "company_id": self._options.company_id,
                "owner_id": ADMIN,
                "user_id": given.get("user_id") or ADMIN,
                "event_action": given["event_action"],
                "event_object": given["event_object"],
                "subscription_url": given["subscription_url"],
                "version": "2.0",
                "is_active": 1,
                "add_time": self._partner.now(),
                "remove_time": None,
                "type": "application",
                "http_auth_user": given.get("http_auth_user"),
                "http_auth_password": given.get("http_auth_password"),
                "remove_reason": None,
                "last_delivery_time": None,
                "last_http_status": None,
                "admin_id": ADMIN,
                "name": given["name"],
            }
        )

    # Telling

    def tell(self, action: str, entity: str, data: Row | None, previous: Row | None, **meta: Any) -> None:
        """Post to everyone who asked for it; what happens during a ban is lost."""
        self._remove_silent()
        for hook in self.table:
            wanted = hook["event_action"] in {"*", action} and hook["event_object"] in {"*", entity}
            if hook["is_active"] and wanted and not self.is_banned(hook["id"]):
                self._post(hook, action, entity, data, previous, meta)

    def _post(self, hook: Row, action: str, entity: str, data: Row | None, previous: Row | None, meta: Row) -> None:
        now, thing = self._partner.now(), data or previous or {}
        said = {
            "action": action,
            "entity": entity,
            "company_id": str(self._options.company_id),
            "correlation_id": self._partner.dice.uuid(),
            "entity_id": str(thing["id"]),
            "id": self._partner.dice.uuid(),
            "is_bulk_edit": False,
            "timestamp": written(now, "ms") if self._options.iso_times else str(int(now.timestamp())),
            "type": "application",
            "user_id": str(ADMIN),
            "version": "2.0",
            "webhook_id": str(hook["id"]),
            "webhook_owner_id": str(hook["owner_id"]),
            "host": urlsplit(self._options.api_domain).netloc,
            **({} if entity == "user" else {"permitted_user_ids": [str(ADMIN), str(ADMIN + 1)]}),
            **meta,
        }

        def compose(attempt: int) -> tuple[bytes, dict[str, str]]:
            own = {} if self._options.same_ids or attempt == 1 else {"id": self._partner.dice.uuid()}
            body = {"data": data, "previous": previous, "meta": {**said, "attempt": attempt, **own}}
            return orjson.dumps(body), {"content-type": "application/json", **_basic(hook)}

        copies = self._options.duplicates
        self._partner.outbox.put(
            f"{action}.{entity}", hook["subscription_url"], compose, copies=copies, subscription=str(hook["id"])
        )

    def settled(self, attempt: WebhookAttempt) -> None:
        """A first attempt that failed counts towards a ban; what waits is not withdrawn by it."""
        hook = self.table.get(attempt.subscription or -1)
        if hook is None:
            return
        now, number = self._partner.now(), hook["id"]
        self.table.change(number, {"last_delivery_time": now, "last_http_status": attempt.status}, None)
        if attempt.accepted:
            self._good[number] = now
        elif attempt.attempt == 1:
            self._failed[number] += 1
            if self._failed[number] >= self._options.bans_after:
                self._banned[number] = now + timedelta(seconds=self._options.ban)
                self._failed[number] = 0

    def is_banned(self, number: int) -> bool:
        return self._banned.get(number, self._partner.now()) > self._partner.now()

    def _remove_silent(self) -> None:
        """Those that were tried and heard no success for three days are removed."""
        limit = self._partner.now() - timedelta(seconds=self._options.removed_after)
        for hook in self.table:
            status = hook["last_http_status"]
            tried = hook["last_delivery_time"] is not None and not (status is not None and 200 <= status < 300)
            if hook["is_active"] and tried and self._good[hook["id"]] < limit:
                gone = {"is_active": 0, "remove_time": self._partner.now(), "remove_reason": "no successful delivery"}
                self.table.change(hook["id"], gone, None)
                self._partner.outbox.withdraw(str(hook["id"]))


def _flaw_of(address: str) -> str | None:
    """What is wrong with where a webhook is to go."""
    url = urlsplit(address)
    if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOCAL)):
        return "Invalid or non-reachable URL"
    return "A Pipedrive URL cannot be used" if url.hostname.endswith(".pipedrive.com") else None


def _shown(row: Row) -> Row:
    return {name: written(value, "ms") if isinstance(value, datetime) else value for name, value in row.items()}


def _basic(hook: Row) -> dict[str, str]:
    if hook["http_auth_user"] is None:
        return {}
    told = f"{hook['http_auth_user']}:{hook['http_auth_password'] or ''}"
    return {"authorization": f"Basic {base64.b64encode(told.encode()).decode()}"}
