"""A whole house for a test, and everything outside of it: a clock that jumps, partners behind the hosts that the
connectors name, a store of its own. Nothing leaves the process."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import orjson
from sqlalchemy import Connection, func, select

from runner.client.tokens import Apps
from runner.connector.library import Connectors
from runner.engine.house import House
from runner.engine.integrations import connect, consent, disconnect
from runner.engine.opening import open_house
from runner.engine.syncs import sync as engine_sync
from runner.engine.webhooks.receive import Received, receive
from runner.engine.work import dispatch
from runner.engine.work.dispatch import Again, Verdict
from runner.model.event import Delivery
from runner.model.integration import Integration
from runner.model.record import Record
from runner.model.run import SyncRun
from runner.model.secret import Secret
from runner.store import feed, integrations
from runner.store.keys import KeyRing
from runner.store.store import Store
from runner.store.wakeups import wakeups
from runner.testing.clock import FakeClock
from runner.testing.log import Log
from runner.testing.project import Project
from runner.testing.simulated import Cast, Simulated, staged
from runner.testing.webhook import signed
from runner.testing.wire import Wire

BASE = "https://runner.example"
KEYS = KeyRing.parse("k1:" + base64.b64encode(bytes(range(32))).decode())
"""A key for databases that live as long as a test."""


@dataclass
class World:
    """The house and everything outside of it.

    Attributes:
        partners: by connector: those of `runner simulate` as they are, one's own as they were given.
        doors: what the webhooks that partners sent were answered.
    """

    house: House
    clock: FakeClock
    wire: Wire
    log: Log
    partners: dict[str, Any]
    doors: list[Received]
    settings: Mapping[str, Mapping[str, str]]

    async def connect(
        self, connector: str, company: str = "acme", *, way: str | None = None, **settings: str
    ) -> Integration:
        """Connect a company as its admin would, consent included; `settings` come before those of the partner."""
        given = {**self.settings.get(connector, {}), **settings}
        integration = await connect.begin(self.house, company, connector, settings=given, way=way)
        consents = self.house.connectors.get(connector).way_in(integration.way).flow == "code"
        return await self.consent(integration) if consents else integration

    async def consent(self, integration: Integration, *, without: str = "-") -> Integration:
        """Approve on the partner's own page, every box ticked but those whose scope contains `without`."""
        url = httpx.URL(await consent.authorize_url(self.house, integration.id))
        ticked = [scope for scope in url.params.get("scope", "").split() if without not in scope]
        form = {**dict(url.params), "decision": "approve", "ticked": ticked}
        async with httpx.AsyncClient(transport=self.wire) as browser:
            back = await browser.post(url.copy_with(query=None), data=form)
        made = await consent.finish(self.house, dict(httpx.URL(back.headers["location"]).params))
        return made.integration

    async def sync(self, integration: Integration, sync: str, *, full: bool = False) -> SyncRun:
        """Run one sync to its end; raises what `runner.engine.syncs.sync.run` does."""
        return await engine_sync.run(self.house, integration, sync, full=full)

    async def deliver(self, connector: str, payload: Any, *, to: Integration | None = None, **headers: str) -> Received:
        """Post a webhook, signed as the connector says. `payload` is JSON, or bytes as they are; `to` sends it to the
        integration's own address. `work` then does what follows."""
        body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        spec = self.house.connectors.get(connector)
        return await receive(self.house, await signed(self.house, spec, body, headers, to.id if to else None))

    async def receive(
        self, connector: str, body: bytes, headers: dict[str, str], *, method: str = "POST", url: str = "", **more: Any
    ) -> Received:
        """One webhook request through the front door, as it is."""
        url = url or f"{BASE}/webhooks/{connector}"
        lower = {name.lower(): value for name, value in headers.items()}
        return await receive(self.house, Delivery(connector, method, url, lower, body, self.clock.now(), **more))

    async def work(self, *, wait: timedelta = timedelta(0), most: int = 500) -> list[tuple[str, Verdict]]:
        """Be the worker: run what is due, and what comes due within `wait`, until nothing is left."""
        ran: list[tuple[str, Verdict]] = []
        deadline = self.clock.now() + wait
        queue = self.house.store.queue
        while len(ran) < most:
            taken = await queue.take("test:1:x", 1, timedelta(minutes=10), self.clock.now())
            if not taken:
                due = await self.read(_next_run)
                if due is None or due > deadline:
                    return ran
                self.clock.advance(max((due - self.clock.now()).total_seconds(), 0.001))
                continue
            verdict = await dispatch.run(self.house, taken[0].wakeup)
            ran.append((taken[0].wakeup.key, verdict))
            if isinstance(verdict, Again):
                await queue.retry_at(taken[0], verdict.at, verdict.note)
            else:
                await queue.settle(taken[0])
        raise AssertionError(f"the work does not end: {ran[-20:]}")

    async def records(self, integration: Integration, kind: str, **chosen: Any) -> dict[str, Record]:
        """Records of a kind by external id; deleted ones are left out unless `deleted` says otherwise."""
        chosen.setdefault("deleted", False)
        found = await self.read(lambda c: feed.find(c, integration.id, kind, limit=100_000, **chosen))
        return {stored.record.external_id: stored.record for stored in found}

    async def integration(self, integration_id: str) -> Integration:
        """How it stands now."""
        found: Integration = await self.read(lambda c: integrations.get(c, integration_id))
        return found

    async def forget(self, companies: Iterable[str]) -> None:
        """Remove every integration of these companies with all that is kept for it; at the partner it is revoked, and
        its webhooks are deleted."""
        for company in companies:
            for one in await self.read(partial(integrations.find, company=company)):
                await disconnect.remove(self.house, one)

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        return await self.house.store.database.read(work)

    async def write(self, work: Callable[[Connection], Any]) -> Any:
        return await self.house.store.database.write(work)


@asynccontextmanager
async def open_world(
    database_url: str,
    project: Project,
    cast: Cast,
    *,
    kind: type[World] = World,
    apps: Apps | None = None,
    keys: KeyRing = KEYS,
) -> AsyncIterator[World]:
    """A house over a migrated database, with the connectors of `project` and the partners of `cast`.

    `apps` come before what the partners say of the operator's app; `kind` is a World with more to it.
    """
    clock, log, doors = FakeClock(), Log(), []
    built: list[World] = []

    async def knock(request: httpx.Request) -> httpx.Response:
        connector, _, own = request.url.path.removeprefix("/webhooks/").partition("/")
        received = await built[0].receive(
            connector,
            request.content,
            dict(request.headers),
            method=request.method,
            url=str(request.url),
            integration_id=own or None,
        )
        doors.append(received)
        return httpx.Response(received.status, headers=dict(received.headers), content=received.body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(knock)) as out:
        partners = staged(cast, project.connectors, clock, out, BASE)
        wire = Wire({host: one.asgi for one in partners.values() for host in one.hosts})
        store = Store.open(database_url, keys)
        async with httpx.AsyncClient(transport=wire) as http:
            house = open_house(
                connectors=project.connectors,
                config=project.config,
                store=store,
                http=http,
                clock=clock,
                apps={**_apps(project.connectors, partners), **(apps or {})},
                schemas=project.schemas,
                base_url=BASE,
                log=log,
                random=lambda: 0.5,
            )
            named = {name: one.partner for name, one in partners.items()}
            filled = {name: one.settings for name, one in partners.items()}
            built.append(kind(house, clock, wire, log, named, doors, filled))
            try:
                yield built[0]
            finally:
                await store.close()


def _apps(connectors: Connectors, partners: Mapping[str, Simulated]) -> dict[str, dict[str, str | Secret]]:
    """The operator's app values: those that the connector declares."""
    apps: dict[str, dict[str, str | Secret]] = {}
    for name, one in partners.items():
        declared = connectors.get(name).app
        known = {key: text for key, text in one.app.items() if key in declared}
        apps[name] = {key: Secret(text) if declared[key].secret else text for key, text in known.items()}
    return apps


def _next_run(connection: Connection) -> datetime | None:
    found: datetime | None = connection.scalar(select(func.min(wakeups.c.run_at)))
    return found
