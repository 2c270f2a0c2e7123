"""Two systems that both change the same things, and a house between them.

Each is a small app: it makes and changes things by calls, and tells of every change, its own and ours alike, by a
snapshot that a test delivers when it likes: late, twice, in any order.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from runner.connector.config import Config
from runner.engine.house import House
from runner.engine.integrations import connect
from runner.engine.opening import open_house
from runner.engine.pushes import push
from runner.engine.records.mark import mark
from runner.model.integration import Integration
from runner.model.record import Record
from runner.store import records
from runner.store.columns import utc_text
from runner.store.store import Store
from runner.testing.clock import FakeClock
from tests.partners import BASE, KEYS, SCHEMAS, Log
from tests.shelf import written

SPEC = """
connector: {name}
title: {title}
docs: https://{name}.example/docs
environments: {{production: {{api: https://{name}.example}}}}
settings: {{token: {{title: Token, secret: true}}}}
auth: {{type: bearer, token: "{{{{ settings.token }}}}"}}
http: {{base_url: "{{{{ environment.api }}}}", retry: {{attempts: 1}}, errors: [{{status: [404], do: skip_record}}]}}
processors:
  thing:
    record: project
    id: id
    cursor: updated
    fields: {{name: name, description: notes, updated_at: iso8601(updated)}}
actions:
  make:
    input: {{name: {{title: Name}}, notes: {{title: Notes, required: false}}}}
    post: /things
    json: {{name: "{{{{ input.name }}}}", notes: "{{{{ input.notes }}}}"}}
    result: {{id: id}}
    repeatable: true
  change:
    input: {{id: {{title: ID}}, name: {{title: Name, required: false}}, notes: {{title: Notes, required: false}}}}
    put: "/things/{{{{ input.id }}}}"
    json: {{name: "{{{{ input.name }}}}", notes: "{{{{ input.notes }}}}"}}
"""
RULE: dict[str, Any] = {
    "record": "project",
    "from": ["shop"],
    "to": "board",
    "input": {"name": "name", "notes": "description"},
    "create": "make",
    "update": "change",
    "theirs": {"name": "name", "notes": "description"},
    "back": {"update": "change", "input": {"name": "name", "notes": "notes"}},
}


@dataclass
class System:
    """One side. `snapshots` are what it has told and nobody has delivered yet; `calls` counts what we changed there,
    `writes` is what it makes of a name that it is given; `meanwhile` happens while the next of them is answered."""

    clock: FakeClock
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    ticks: int = 0
    down: bool = False
    writes: Callable[[str], str] = str
    meanwhile: Callable[[], Awaitable[Any]] | None = None

    def edit(self, id_: str, **values: Any) -> None:
        """Somebody, or a call of ours, changes a thing."""
        self.ticks += 1
        self.clock.advance(0.001)
        known = self.rows.get(id_, {"id": id_, "name": None, "notes": None})
        self.rows[id_] = {**known, **values, "updated": utc_text(self.clock.now())}
        self.snapshots.append(dict(self.rows[id_]))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            return httpx.Response(503)
        self.calls += 1
        given = {name: value for name, value in json.loads(request.content).items() if name in ("name", "notes")}
        if given.get("name"):
            given["name"] = self.writes(given["name"])
        id_ = f"b{self.calls}" if request.method == "POST" else request.url.path.rpartition("/")[2]
        if request.method == "PUT" and id_ not in self.rows:
            return httpx.Response(404, json={})
        self.edit(id_, **given)
        return httpx.Response(200, json=self.rows[id_])


@dataclass
class Between:
    """The house, and both sides of it."""

    house: House
    clock: FakeClock
    log: Log
    shop: System
    board: System
    partner: Integration
    host: Integration

    async def deliver(self, side: str, *snapshots: dict[str, Any]) -> None:
        """What a side told arrives, as the hall admits it; without snapshots all that it has told so far."""
        system, whose = (self.shop, self.partner) if side == "shop" else (self.board, self.host)
        told = list(snapshots)
        if not told:
            told, system.snapshots = system.snapshots, []

        def work(connection: Any) -> None:
            for one in told:
                self._admit(connection, whose, one)

        await self.house.store.database.write(work)

    def _admit(self, connection: Any, whose: Integration, told: dict[str, Any]) -> None:
        fields = {"name": told["name"], "description": told["notes"], "updated_at": told["updated"]}
        record = Record("project", told["id"], fields, version=told["updated"])
        upserted = records.upsert(connection, whose.id, [record], self.clock.now())
        keys = [*upserted.created, *upserted.changed]
        mark(connection, self.house.config, self.house.store.queue, whose, keys, self.clock.now())

    async def drain(self, *sides: str) -> None:
        """Pushes to both sides, or to those named, that are due now."""
        for side in sides or ("board", "shop"):
            await push.drain(self.house, (self.host if side == "board" else self.partner).id)

    async def round(self) -> None:
        """What both tell arrives, what is due goes out, and ten minutes go by."""
        for side in ("shop", "board"):
            await self.deliver(side)
        await self.drain()
        self.clock.advance(timedelta(minutes=11).total_seconds())

    async def quiet(self) -> None:
        """Deliver and push until nothing is on its way, echoes that are waited for included."""
        for _ in range(20):
            before = self.shop.calls + self.board.calls
            for side in ("shop", "board"):
                await self.deliver(side)
            await self.drain()
            if not self.shop.snapshots and not self.board.snapshots and before == self.shop.calls + self.board.calls:
                self.clock.advance(timedelta(minutes=11).total_seconds())
                await self.drain()
                if not self.shop.snapshots and not self.board.snapshots:
                    return
        raise AssertionError("it does not come to rest")

    @property
    def calls(self) -> tuple[int, int]:
        """How often we changed something at the shop and at the board."""
        return self.shop.calls, self.board.calls

    def both(self, name: str = "name", id_: str = "1") -> tuple[Any, Any]:
        """What the shop and the board have."""
        return self.shop.rows[id_][name], next(iter(self.board.rows.values()))[name]


@asynccontextmanager
async def between(database: str, *, rules: dict[str, Any] | None = None, **more: Any) -> AsyncIterator[Between]:
    """Open it; `more` is added to the one rule that there is unless `rules` are given."""
    specs = {name: SPEC.format(name=name, title=title) for name, title in (("shop", "Shop"), ("board", "Board"))}
    clock, log = FakeClock(), Log()
    systems = {"shop.example": System(clock), "board.example": System(clock)}

    async def answer(request: httpx.Request) -> httpx.Response:
        system = systems[request.url.host]
        answered, meanwhile, system.meanwhile = system(request), system.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return answered

    store = Store.open(database, KEYS)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        house = open_house(
            connectors=written(**specs),
            config=Config.model_validate({"deliver": rules or {"things": {**RULE, **more}}}),
            store=store,
            http=http,
            clock=clock,
            apps={},
            schemas=SCHEMAS,
            base_url=BASE,
            log=log,
            random=lambda: 0.5,
        )
        try:
            made = [
                await connect.begin(house, "acme", name, settings={"token": "t-1234567"}) for name in ("shop", "board")
            ]
            yield Between(house, clock, log, systems["shop.example"], systems["board.example"], *made)
        finally:
            await store.close()
