"""A whole house for tests: the real connectors, a store on disk, a clock that jumps, and the simulated partners behind
the very hosts that the connectors name."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, func, select

from runner.authoring.simulate.companycam import CompanyCam
from runner.authoring.simulate.guide import GUIDES
from runner.authoring.simulate.jobber import Jobber
from runner.authoring.simulate.outbox import WebhookTarget
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.server import PARTNERS
from runner.authoring.simulate.servicetitan import ServiceTitan
from runner.connector.config import Config
from runner.connector.library import Connectors
from runner.connector.loader import load_config
from runner.engine import connect, consent, dispatch
from runner.engine.dispatch import Again, Verdict
from runner.engine.house import House
from runner.engine.opening import open_house
from runner.engine.receive import Received, receive
from runner.engine.schemas import RecordSchemas
from runner.model.event import Delivery
from runner.model.integration import Integration
from runner.model.record import Record
from runner.model.secret import Secret
from runner.store import feed
from runner.store.keys import KeyRing
from runner.store.store import Store
from runner.store.wakeups import wakeups
from tests.clock import FakeClock

ROOT = Path(__file__).parent.parent
BASE = "https://runner.example"
KEYS = KeyRing.parse("k1:" + base64.b64encode(bytes(range(32))).decode())
APPS = {
    "servicetitan": {
        "app_key": Secret("ak1.servicetitan-app"),
        "webhook_key": Secret("servicetitan-webhook-key-of-32-or-more"),
    },
    "jobber": {"client_id": "jobber-app", "client_secret": Secret("jobber-secret")},
}
SETTINGS = {
    "servicetitan": {
        "tenant_id": "123456789",
        "client_id": "servicetitan-client",
        "client_secret": "servicetitan-secret",
    },
    "jobber": {},
    "companycam": {"access_token": "companycam-token"},
    "teamup": {"calendar_key": "ksexample0modify01", "webhook_secret": "teamup-webhook-secret"},
}
ALWAYS = ("servicetitan", "jobber", "companycam")
HOSTS = {
    "servicetitan": ("api.servicetitan.io", "auth.servicetitan.io"),
    "jobber": ("api.getjobber.com",),
    "companycam": ("api.companycam.com",),
    "quickbooks": (
        "quickbooks.api.intuit.com",
        "oauth.platform.intuit.com",
        "appcenter.intuit.com",
        "developer.intuit.com",
        "developer.api.intuit.com",
        "api.agaveapi.com",
    ),
    "hubspot": ("api.hubapi.com", "app.hubspot.com"),
    "googlecalendar": ("www.googleapis.com", "accounts.google.com", "oauth2.googleapis.com"),
    "dropbox": ("www.dropbox.com", "api.dropboxapi.com", "content.dropboxapi.com", "notify.dropboxapi.com"),
    "teamup": ("api.teamup.com",),
    "housecallpro": ("api.housecallpro.com", "pro.housecallpro.com"),
}
CONNECTORS = Connectors(ROOT / "connectors")
SCHEMAS = RecordSchemas.read(ROOT / "schemas/records")
CONFIG = load_config(ROOT / "runner.yaml")


class Wire(httpx.AsyncBaseTransport):
    """The network: each request goes to the simulator of its host. `cut` may raise before or after it was answered."""

    def __init__(self, hosts: dict[str, Any]) -> None:
        self.hosts = {host: httpx.ASGITransport(app=app) for host, app in hosts.items()}
        self.requests: list[httpx.Request] = []
        self.before: Callable[[httpx.Request], Awaitable[None]] | None = None
        self.after: Callable[[httpx.Request], Awaitable[None]] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.before:
            await self.before(request)
        response = await self.hosts[request.url.host].handle_async_request(request)
        if self.after:
            await self.after(request)
        return response

    def count(self, method: str, path: str) -> int:
        """How many requests went to paths that contain this."""
        return sum(request.method == method and path in request.url.path for request in self.requests)


@dataclass
class Log:
    """Remembers what was said."""

    lines: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def info(self, event: str, **values: Any) -> None:
        self.lines.append(("info", event, values))

    def warning(self, event: str, **values: Any) -> None:
        self.lines.append(("warning", event, values))

    def error(self, event: str, **values: Any) -> None:
        self.lines.append(("error", event, values))

    def events(self) -> list[str]:
        return [event for _, event, _ in self.lines]


@dataclass
class World:
    """The house and everything outside of it."""

    house: House
    clock: FakeClock
    wire: Wire
    log: Log
    partners: dict[str, Any]
    doors: list[Received]

    @property
    def servicetitan(self) -> ServiceTitan:
        found: ServiceTitan = self.partners["servicetitan"]
        return found

    @property
    def jobber(self) -> Jobber:
        found: Jobber = self.partners["jobber"]
        return found

    @property
    def companycam(self) -> CompanyCam:
        found: CompanyCam = self.partners["companycam"]
        return found

    async def connect(
        self, connector: str, company: str = "acme", *, way: str | None = None, **settings: str
    ) -> Integration:
        """Connect a company as its admin would, consent included."""
        given = {**SETTINGS.get(connector, {}), **settings}
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

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        return await self.house.store.database.read(work)

    async def write(self, work: Callable[[Connection], Any]) -> Any:
        return await self.house.store.database.write(work)

    async def records(self, integration: Integration, kind: str, **chosen: Any) -> dict[str, Record]:
        """Records of a kind by external id; deleted ones are left out unless `deleted` says otherwise."""
        chosen.setdefault("deleted", False)
        found = await self.read(lambda c: feed.find(c, integration.id, kind, limit=100_000, **chosen))
        return {stored.record.external_id: stored.record for stored in found}

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

    async def receive(
        self, connector: str, body: bytes, headers: dict[str, str], *, method: str = "POST", url: str = "", **more: Any
    ) -> Received:
        """One webhook request through the front door."""
        url = url or f"{BASE}/webhooks/{connector}"
        lower = {name.lower(): value for name, value in headers.items()}
        return await receive(self.house, Delivery(connector, method, url, lower, body, self.clock.now(), **more))


@asynccontextmanager
async def world(
    database: Path,
    *,
    config: Config = CONFIG,
    connectors: Connectors = CONNECTORS,
    size: int = 12,
    partners: Sequence[str] = (),
    **options: Any,
) -> AsyncIterator[World]:
    """Open it. `partners` are those beside the three that are always there; `options` are those of the simulators, by
    partner: `servicetitan={"size": 900}`."""
    clock, log, doors = FakeClock(), Log(), []
    built: list[World] = []

    async def knock(request: httpx.Request) -> httpx.Response:
        connector, _, own = request.url.path.removeprefix("/webhooks/").partition("/")
        more = {"method": request.method, "url": str(request.url), "integration_id": own or None}
        received = await built[0].receive(connector, request.content, dict(request.headers), **more)
        doors.append(received)
        return httpx.Response(received.status, headers=dict(received.headers), content=received.body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(knock)) as out:
        made: dict[str, Partner] = {
            name: PARTNERS[name](
                now=clock.now,
                webhooks=WebhookTarget(f"{BASE}/webhooks/{name}" if name != "companycam" else "", out),
                **{"size": size, **options.get(name, {})},
            )
            for name in dict.fromkeys((*ALWAYS, *partners))
        }
        wire = Wire({host: partner.app for name, partner in made.items() for host in HOSTS[name]})
        store = Store.open(f"sqlite:///{database}", KEYS)
        async with httpx.AsyncClient(transport=wire) as http:
            house = open_house(
                connectors=connectors,
                config=config,
                store=store,
                http=http,
                clock=clock,
                apps={**APPS, **{name: _app(name) for name in partners}},
                schemas=SCHEMAS,
                base_url=BASE,
                log=log,
                random=lambda: 0.5,
            )
            built.append(World(house, clock, wire, log, made, doors))
            try:
                yield built[0]
            finally:
                await store.close()


def _app(name: str) -> dict[str, Any]:
    """The operator's app values, as the partner's guide gives them."""
    declared = CONNECTORS.get(name).app
    given = GUIDES[name](BASE).app
    return {key: Secret(text) if declared[key].secret else text for key, text in given.items() if key in declared}


def _next_run(connection: Connection) -> datetime | None:
    found: datetime | None = connection.scalar(select(func.min(wakeups.c.run_at)))
    return found
