"""A partner whose webhooks are asked for by its API, in the two ways of the fact sheets, and a house connected to it.

`crm` is HubSpot's: webhooks that were set up by hand, lists of thin events, things that are read by the hundred.
`photos` is CompanyCam's: a list of hooks that can be switched on again, which a partner switches off after errors, a
token that signs (HMAC-SHA1, base64). `calendar` is Google's: a channel that ends, is not renewed by itself, whose first
message comes before the answer that makes it, and that is proved by its token.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson

from runner.connector.config import Config
from runner.engine.house import House
from runner.engine.integrations import connect
from runner.engine.opening import open_house
from runner.engine.webhooks.receive import Received, receive
from runner.engine.work import dispatch
from runner.engine.work.dispatch import Again
from runner.model.event import Delivery, WebhookEvent
from runner.model.integration import Integration, Reason, State
from runner.model.record import Record
from runner.model.secret import Secret
from runner.store import events, feed, subscriptions
from runner.store.events import EventFilter
from runner.store.store import Store
from runner.store.subscriptions import Subscribed
from runner.testing.clock import FakeClock
from tests.partners import BASE, KEYS, SCHEMAS, Log
from tests.shelf import written

HEAD = """
connector: {name}
title: {name}
docs: https://partner.example/docs
environments: {{production: {{api: https://partner.example}}}}
settings: {{token: {{title: Token, secret: true}}}}
auth: {{type: bearer, token: "{{{{ settings.token }}}}"}}
http: {{base_url: "{{{{ environment.api }}}}", retry: {{attempts: 1}}}}
"""
PHOTOS = (
    HEAD.format(name="photos")
    + """
endpoints:
  hooks: {get: /hooks, records: "@"}
  project: {with: {id: {}}, get: "/projects/{{ input.id }}", records: "@"}
  projects: {get: /projects, records: "@"}
processors:
  project: {record: project, id: id, fields: {name: name}}
syncs:
  projects: {endpoint: projects, processor: project, every: 1h}
webhooks:
  verify: {type: hmac, header: X-Signature, digest: sha1, encoding: base64, secret: subscription.secret}
  vector: {secret: key, headers: {X-Signature: xyz}, body: body}
  subscription:
    create: create_hook
    delete: delete_hook
    check: {endpoint: hooks, match: id, alive: enabled, mend: enable_hook}
  events:
    split: "@"
    id: "join(':', [text(webhook_id), event_type, text(created_at)])"
    type: event_type
    subscription: text(webhook_id)
  on:
    project.*: {do: process, processor: project, payload: payload}
actions:
  create_hook:
    post: /hooks
    json: {url: "{{ subscription.url }}", enabled: true, token: "{{ subscription.secret }}"}
    result: {id: id}
  enable_hook: {put: "/hooks/{{ subscription.id }}", json: {enabled: true}}
  delete_hook:
    delete: "/hooks/{{ subscription.id }}"
    errors: [{status: [404], do: ignore}]
"""
)
CALENDAR = (
    HEAD.format(name="calendar")
    + """
endpoints:
  events: {get: /events, records: items}
processors:
  event: {record: appointment, id: id, fields: {title: summary}}
syncs:
  events: {endpoint: events, processor: event, every: 1h}
webhooks:
  verify: {type: shared_token, header: X-Goog-Channel-Token, secret: subscription.secret}
  vector: {secret: key, headers: {X-Goog-Channel-Token: key}, body: ""}
  subscription: {create: watch, delete: stop, expires: {path: expiration, unit: ms}, renew_before: 24h}
  events:
    reads: request
    split: "@"
    id: "join(':', [headers.\\"x-goog-channel-id\\", headers.\\"x-goog-message-number\\"])"
    type: headers."x-goog-resource-state"
    subscription: headers."x-goog-channel-id"
  on:
    sync: {do: drop, because: the channel says that it is open}
    exists: {do: sync, sync: events}
actions:
  watch:
    post: /watch
    json: {id: "{{ subscription.key }}", address: "{{ subscription.url }}", token: "{{ subscription.secret }}"}
    result: {id: id, resource_id: resourceId}
  stop:
    post: /stop
    json: {id: "{{ subscription.id }}", resourceId: "{{ subscription.resource_id }}"}
    errors: [{status: [404], do: ignore}]
"""
)
CRM = (
    HEAD.format(name="crm").replace("settings:", "app: {secret: {title: Secret, secret: true}}\nsettings:")
    + """
endpoints:
  deals:
    with: {ids: {type: list}}
    post: /deals/batch/read
    json: {inputs: "{{ input.ids }}"}
    records: results
    errors: [{status: [207], when: "errors[?category != 'OBJECT_NOT_FOUND']", do: fail, message: "errors[0].message"}]
    repeatable: true
  every_deal: {get: /deals, records: results}
processors:
  deal:
    record: deal
    id: id
    cursor: updatedAt
    when: {valid: properties.dealname}
    fields: {name: properties.dealname}
syncs:
  deals: {endpoint: every_deal, processor: deal, every: 1h}
webhooks:
  verify: {type: hmac, header: X-Signature, digest: sha256, encoding: hex, secret: app.secret}
  vector: {secret: key, headers: {X-Signature: xyz}, body: body}
  events:
    split: "@"
    id: "join(':', [text(eventId), subscriptionType, text(occurredAt)])"
    type: subscriptionType
    occurred_at: iso8601(occurredAt, 'ms')
  drop:
    - {when: changeSource == 'IMPORT', because: imports come with the next sync}
  on:
    deal.*:
      do: fetch
      endpoint: deals
      most: 100
      with: {ids: "[].{id: text(objectId)}"}
      key: id
      of: objectId
      processor: deal
      coalesce: 5s
      gone: {do: delete, record: deal, id: objectId}
"""
)
WEEK = timedelta(days=7)


@dataclass
class Partner:
    """What the partner has, and how it misbehaves: `refuse` answers the next calls of a path with a status, `cut`
    breaks the connection after the deed."""

    clock: FakeClock
    hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[Received] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    refuse: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    deals: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    poison: str | None = None
    cut: bool = False
    meanwhile: Callable[[], Awaitable[Any]] | None = None
    life: timedelta = WEEK
    number: int = 100
    house: House | None = None

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.calls.append((request.method, request.url.path))
        body = json.loads(request.content) if request.content else {}
        waiting = self.refuse.get(request.url.path)
        if waiting:
            status, said = waiting.pop(0)
            return httpx.Response(status, json=said)
        if request.url.path == "/deals/batch/read":
            return self._deals([one["id"] for one in body["inputs"]])
        if request.url.path == "/deals":
            return httpx.Response(200, json={"results": list(self.deals.values())})
        if request.url.path in ("/events", "/projects"):
            return httpx.Response(200, json={"items": []} if request.url.path == "/events" else [])
        made = await (self._hook(request, body) if "/hooks" in request.url.path else self._channel(request, body))
        if self.meanwhile is not None:
            work, self.meanwhile = self.meanwhile, None
            await work()
        if self.cut:
            self.cut = False
            raise httpx.ReadError("gone", request=request)
        return made

    def _deals(self, ids: list[str]) -> httpx.Response:
        """HubSpot's batch read: ids that are not there are errors of a 207; one that it does not take spoils all."""
        self.batches.append(ids)
        if len(ids) > 100 or self.poison in ids:
            return httpx.Response(400, json={"status": "error", "message": "Invalid input JSON"})
        missing = [id_ for id_ in ids if id_ not in self.deals]
        found = {"status": "COMPLETE", "results": [self.deals[id_] for id_ in ids if id_ in self.deals]}
        if not missing:
            return httpx.Response(200, json=found)
        error = {"category": "OBJECT_NOT_FOUND", "context": {"ids": missing}}
        return httpx.Response(207, json=found | {"numErrors": len(missing), "errors": [error]})

    def deal(self, id_: int, name: str | None, at: datetime) -> None:
        """One deal as it is now."""
        self.deals[str(id_)] = {"id": str(id_), "properties": {"dealname": name}, "updatedAt": at.isoformat()}

    async def crm(self, integration: Integration, *events: dict[str, Any]) -> Received:
        """HubSpot's request: a list of thin events, signed by the app's secret."""
        body = orjson.dumps([{"eventId": number, **event} for number, event in enumerate(events, self.number)])
        self.number += len(events)
        signature = hmac.digest(b"app-secret", body, "sha256").hex()
        return await self._send(f"{BASE}/webhooks/crm/{integration.id}", {"x-signature": signature}, body)

    async def _hook(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        id_ = request.url.path.rpartition("/")[2]
        if request.method == "GET":
            return httpx.Response(200, json=list(self.hooks.values()))
        if request.method == "POST":
            self.number += 1
            self.hooks[str(self.number)] = {"id": self.number, **body}
            return httpx.Response(201, json=self.hooks[str(self.number)])
        if id_ not in self.hooks:
            return httpx.Response(404, json={"errors": ["not found"]})
        if request.method == "PUT":
            self.hooks[id_].update(body)
            return httpx.Response(201, json=self.hooks[id_])
        del self.hooks[id_]
        return httpx.Response(204)

    async def _channel(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        if request.url.path == "/stop":
            known = self.channels.get(body["id"])
            if known is None or known["resourceId"] != body["resourceId"]:
                return httpx.Response(404, json={"error": {"message": "Channel not found"}})
            del self.channels[body["id"]]
            return httpx.Response(204)
        if body["id"] in self.channels:
            return httpx.Response(400, json={"error": {"message": "Channel id not unique"}})
        ends = int((self.clock.now() + self.life).timestamp() * 1000)
        made = {"id": body["id"], "resourceId": f"r-{body['id'][:4]}", "expiration": str(ends)}
        self.channels[body["id"]] = {**made, **body, "number": 1}
        await self.notify(body["id"], "sync")
        return httpx.Response(200, json=made)

    async def notify(self, id_: str, state: str = "exists", known: Mapping[str, Any] | None = None) -> Received:
        """Google's message by a channel, over the address that it was given."""
        channel = known or self.channels[id_]
        headers = {
            "x-goog-channel-id": id_,
            "x-goog-channel-token": channel["token"],
            "x-goog-resource-id": channel["resourceId"],
            "x-goog-resource-state": state,
            "x-goog-message-number": str(channel["number"]),
        }
        if known is None:
            self.channels[id_]["number"] += 1
        return await self._send(channel["address"], headers, b"")

    async def tell(self, id_: str, what: str, payload: Any, known: Mapping[str, Any] | None = None) -> Received:
        """CompanyCam's message by a hook."""
        hook = known or self.hooks[id_]
        told = {"event_type": what, "created_at": int(self.clock.now().timestamp()), "webhook_id": int(id_)}
        body = orjson.dumps(told | {"payload": payload})
        signature = base64.b64encode(hmac.digest(hook["token"].encode(), body, "sha1")).decode()
        return await self._send(hook["url"], {"x-signature": signature}, body)

    async def _send(self, url: str, headers: dict[str, str], body: bytes) -> Received:
        assert self.house is not None
        connector, _, integration = url.removeprefix(f"{BASE}/webhooks/").partition("/")
        delivery = Delivery(connector, "POST", url, headers, body, self.clock.now(), integration or None)
        self.told.append(await receive(self.house, delivery))
        return self.told[-1]


@dataclass
class Hooked:
    """The house and the partner."""

    house: House
    partner: Partner
    clock: FakeClock
    log: Log

    async def connect(self, connector: str, company: str = "acme") -> Integration:
        return await connect.begin(self.house, company, connector, settings={"token": "t"})

    async def error(self, integration: Integration) -> None:
        """The consent has ended at the partner, and a call has shown it."""
        reason, at = Reason("credential-refused", "the token is refused"), self.clock.now()
        store = self.house.store
        await store.database.write(lambda c: store.move(c, integration.id, State.ERROR, reason, at))

    async def rows(self, integration: Integration) -> list[Subscribed]:
        return await self.house.store.database.read(lambda c: subscriptions.of(c, integration.id))

    async def records(self, integration: Integration) -> dict[str, Record]:
        """What is there, by id."""
        found = await self.house.store.database.read(lambda c: feed.find(c, integration.id, deleted=False, limit=1000))
        return {one.record.external_id: one.record for one in found}

    async def events(self) -> list[WebhookEvent]:
        return await self.house.store.database.read(lambda c: events.find(c, EventFilter()))

    async def work(self, kind: str = "subscribe") -> list[Any]:
        """Run the due wake-ups of a kind (others are settled unseen); returns what came of them."""
        queue, made = self.house.store.queue, []
        for one in await queue.take("x:1:y", 100, timedelta(minutes=5), self.clock.now()):
            verdict = await dispatch.run(self.house, one.wakeup) if one.wakeup.kind == kind else None
            if isinstance(verdict, Again):
                await queue.retry_at(one, verdict.at, verdict.note)
            else:
                await queue.settle(one)
            if verdict is not None:
                made.append(verdict)
        return made


@asynccontextmanager
async def hooked(database: str) -> AsyncIterator[Hooked]:
    """Open it over a migrated database."""
    clock, log, store = FakeClock(), Log(), Store.open(database, KEYS)
    partner = Partner(clock)
    async with httpx.AsyncClient(transport=httpx.MockTransport(partner.answer)) as http:
        house = open_house(
            connectors=written(photos=PHOTOS, calendar=CALENDAR, crm=CRM),
            config=Config(),
            store=store,
            http=http,
            clock=clock,
            apps={"crm": {"secret": Secret("app-secret")}},
            schemas=SCHEMAS,
            base_url=BASE,
            log=log,
            random=lambda: 0.5,
        )
        partner.house = house
        try:
            yield Hooked(house, partner, clock, log)
        finally:
            await store.close()
