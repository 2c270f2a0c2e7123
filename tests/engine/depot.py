"""A partner with one list of contacts and every way of paging through it, and a house connected to it.

Each way is a path of its own that behaves as partners' documents say: page numbers, offsets, ids to begin behind,
cursors, further pages elsewhere, cursors and links in headers, links in the body, a search that ends after so many
results, an export feed whose token never ends, a sync token on the last page.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from runner.connector.config import Config
from runner.engine.house import House
from runner.engine.integrations import connect
from runner.engine.opening import open_house
from runner.engine.syncs import sync
from runner.model.integration import Integration
from runner.model.record import Record
from runner.model.run import Checkpoint, SyncRun
from runner.store import checkpoints, feed
from runner.store.store import Store
from runner.testing.clock import START, FakeClock
from tests.partners import BASE, KEYS, SCHEMAS, Log
from tests.shelf import written

SIZE = 4
CAP = 3 * SIZE
HOST = "https://depot.example"
HEAD = """
connector: depot
title: Depot
docs: https://depot.example/docs
environments: {production: {api: https://depot.example}}
settings: {token: {title: Token, secret: true}, field: {title: Field, required: false}}
auth: {type: bearer, token: "{{ settings.token }}"}
http: {base_url: "{{ environment.api }}", retry: {attempts: 1}, errors: [{status: [410], do: full_resync}]}
"""
CONTACT = """
processors:
  contact: {record: contact, id: id, cursor: updated, fields: {name: name}}
"""
Row = dict[str, Any]


class Killed(BaseException):
    """What a kill looks like from inside: nothing catches it."""


@dataclass
class Depot:
    """The partner. `rows` are in the order of their ids; `changes` holds ids in the order of their last change."""

    clock: FakeClock
    rows: dict[str, Row] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    before: Callable[[httpx.Request], Awaitable[httpx.Response | None]] | None = None
    floor: int = 0

    def put(self, id_: str, name: str, at: datetime | None = None) -> None:
        """Make or change a contact, by the partner's clock or at `at`."""
        self.changes.pop(id_, None)
        self.changes[id_] = max(self.changes.values(), default=0) + 1
        self.rows[id_] = {"id": id_, "name": name, "updated": (at or self.clock.now()).isoformat()}
        self.rows = dict(sorted(self.rows.items()))

    def strike(self, number: int) -> None:
        """Kill whoever asks, at the `number`-th request from now on, before it is answered."""
        left = number

        async def before(_: httpx.Request) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed

        self.before = before

    def fill(self, count: int) -> None:
        """So many contacts, each changed a minute after the one before it, the last an hour ago."""
        for number in range(count):
            self.put(f"c{number:03}", f"Contact {number}", START - timedelta(minutes=60 + count - number))

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.before is not None:
            early = await self.before(request)
            if early is not None:
                return early
        assert request.headers["Authorization"] == "Bearer depot-token"
        given = dict(request.url.params) | (json.loads(request.content) if request.content else {})
        found: httpx.Response = getattr(self, "_" + request.url.path.strip("/").replace("/", "_"))(given)
        return found

    def count(self, path: str) -> int:
        return sum(request.url.path == path for request in self.requests)

    def _listed(self, given: dict[str, Any]) -> list[Row]:
        since = given.get("since")
        moment = datetime.fromisoformat(since) if since else None
        found = [
            row for row in self.rows.values() if moment is None or datetime.fromisoformat(row["updated"]) >= moment
        ]
        if given.get("sort") == "newest":
            found.sort(key=lambda row: str(row["updated"]), reverse=True)
        return found

    def _numbered(self, given: dict[str, Any]) -> httpx.Response:
        rows, page, size = self._listed(given), int(given.get("page", 1)), int(given.get("size", SIZE))
        found = rows[(page - 1) * size : page * size]
        return httpx.Response(200, json={"rows": found, "more": len(rows) > page * size})

    def _offsets(self, given: dict[str, Any]) -> httpx.Response:
        rows, offset, limit = self._listed(given), int(given["offset"]), int(given["limit"])
        return httpx.Response(200, json={"rows": rows[offset : offset + limit]})

    def _above(self, given: dict[str, Any], key: str = "above") -> tuple[list[Row], str | None]:
        """A page behind an id, and the last id of it where there are more."""
        rows = [row for row in self._listed(given) if row["id"] > (given.get(key) or "")]
        size = int(given.get("size", SIZE))
        return rows[:size], rows[size - 1]["id"] if len(rows) > size else None

    def _keyed(self, given: dict[str, Any]) -> httpx.Response:
        return httpx.Response(200, json={"rows": self._above(given)[0]})

    def _cursored(self, given: dict[str, Any]) -> httpx.Response:
        rows, last = self._above(given)
        return httpx.Response(200, json={"rows": rows, "next": last})

    def _headed(self, given: dict[str, Any]) -> httpx.Response:
        rows, last = self._above(given)
        headers = {"X-Next": last, "X-More": "true"} if last else {"X-More": "false"}
        return httpx.Response(200, json={"rows": rows}, headers=headers)

    def _linked(self, given: dict[str, Any]) -> httpx.Response:
        rows, last = self._above(given)
        url = httpx.URL(f"{HOST}/linked", params={**given, "above": last or ""})
        links = f'<{HOST}/linked>; rel="first"' + (f', <{url}>; rel="next"' if last else "")
        return httpx.Response(200, json={"rows": rows}, headers={"Link": links})

    def _bodied(self, given: dict[str, Any]) -> httpx.Response:
        rows, last = self._above(given)
        url = str(httpx.URL("/bodied", params={**given, "above": last})) if last else None
        return httpx.Response(200, json={"rows": rows, "links": {"next": url}})

    def _searched(self, given: dict[str, Any]) -> httpx.Response:
        rows = [row for row in self._listed(given) if row["id"] > (given.get("above") or "")]
        start = int(given.get("after") or 0)
        if start + SIZE > CAP:
            return httpx.Response(400, json={"message": "no further than that"})
        more = len(rows) > start + SIZE
        next_ = {"next": {"after": str(start + SIZE)}} if more and start + SIZE < CAP else {}
        return httpx.Response(200, json={"results": rows[start : start + SIZE], "paging": next_})

    def _since(self, place: int) -> tuple[list[Row], int, bool]:
        """A page of what changed after a place in the order of changes, the new place, and whether there is more."""
        found = sorted((number, id_) for id_, number in self.changes.items() if number > place)
        page = found[:SIZE]
        return [self.rows[id_] for _, id_ in page], page[-1][0] if page else place, len(found) > SIZE

    def _feed(self, given: dict[str, Any]) -> httpx.Response:
        rows, place, more = self._since(int((given.get("from") or "t0")[1:]))
        return httpx.Response(200, json={"rows": rows, "continueFrom": f"t{place}", "hasMore": more})

    def _first(self, given: dict[str, Any]) -> httpx.Response:
        return self._onward({"cursor": f"walk::{max(self.changes.values(), default=0)}"})

    def _onward(self, given: dict[str, Any]) -> httpx.Response:
        kind, above, place = given["cursor"].split(":")
        if kind == "delta":
            rows, now, more = self._since(int(place))
            return httpx.Response(200, json={"rows": rows, "cursor": f"delta::{now}", "more": more})
        rows, last = self._above({"above": above})
        cursor = f"walk:{last}:{place}" if last else f"delta::{place}"
        return httpx.Response(200, json={"rows": rows, "cursor": cursor, "more": last is not None})

    def _synced(self, given: dict[str, Any]) -> httpx.Response:
        token = int(given["token"]) if given.get("token") else None
        if token is not None and token < self.floor:
            return httpx.Response(410, json={"error": "fullSyncRequired"})
        begun, _, above = given.get("page", "").partition(":")
        place = int(begun or max(self.changes.values(), default=0))
        rows = [row for id_, row in self.rows.items() if token is None or self.changes[id_] > token]
        rows = [row for row in rows if row["id"] > above]
        if len(rows) > SIZE:
            return httpx.Response(200, json={"rows": rows[:SIZE], "nextPage": f"{place}:{rows[SIZE - 1]['id']}"})
        return httpx.Response(200, json={"rows": rows, "nextToken": str(place)})


@dataclass
class Yard:
    """The house and the partner outside of it."""

    house: House
    clock: FakeClock
    depot: Depot
    log: Log
    integration: Integration

    async def run(self, name: str = "contacts", *, full: bool = False, **more: Any) -> SyncRun:
        return await sync.run(self.house, self.integration, name, full=full, **more)

    async def names(self, kind: str = "contact") -> dict[str, Any]:
        """The names that are stored, by id."""
        return {id_: record.fields["name"] for id_, record in (await self.records(kind)).items()}

    async def records(self, kind: str = "contact") -> dict[str, Record]:
        found = await self.house.store.database.read(
            lambda c: feed.find(c, self.integration.id, kind, limit=10_000, deleted=False)
        )
        return {stored.record.external_id: stored.record for stored in found}

    async def checkpoint(self) -> Checkpoint:
        found: Checkpoint = await self.house.store.database.read(
            lambda c: checkpoints.get(c, self.integration.id, "contacts")
        )
        return found

    def expected(self) -> dict[str, str]:
        return {id_: row["name"] for id_, row in self.depot.rows.items()}


@asynccontextmanager
async def yard(database: str, spec: str, *, rows: int = 23, **filled: str) -> AsyncIterator[Yard]:
    """Open it with what `spec` adds to the connector: its endpoints and syncs, and processors if not the usual one."""
    clock, log = FakeClock(), Log()
    depot = Depot(clock)
    depot.fill(rows)
    store = Store.open(database, KEYS)
    async with httpx.AsyncClient(transport=httpx.MockTransport(depot.answer)) as http:
        house = open_house(
            connectors=written(depot=HEAD + ("" if "processors:" in spec else CONTACT) + spec),
            config=Config(),
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
            integration = await connect.begin(house, "acme", "depot", settings={"token": "depot-token", **filled})
            yield Yard(house, clock, depot, log, integration)
        finally:
            await store.close()
