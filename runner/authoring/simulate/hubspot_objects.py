"""
HubSpot's endpoints of objects (CRM v3): lists, single ones, search, batches.

Sources: the official OpenAPI files (CRM Deals, Contacts, Companies v3) and developers.hubspot.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import Refusal, json_body, reply
from runner.authoring.simulate.hubspot_data import BY_NAME, KINDS, Kind, shown, written
from runner.authoring.simulate.hubspot_options import HubSpotOptions
from runner.authoring.simulate.hubspot_search import BadSearch, check, find
from runner.authoring.simulate.hubspot_ties import End, listed
from runner.authoring.simulate.hubspot_writes import Account, Writes, tried
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.table import Row

DEFAULT, MOST, MOST_INPUTS = 10, 100, 100
PATH = "/crm/v3/objects/{type}"
PLURALS = {kind.table: kind.name for kind in BY_NAME.values()}
Item = Callable[[Kind, Row], Row]


class Routing(Account, Protocol):
    """The account with its endpoints."""

    def route(self, method: str, path: str, answer: Answer, *, api: bool = True) -> Route: ...


class Objects:
    """The endpoints of deals, contacts and companies."""

    def __init__(self, account: Routing, options: HubSpotOptions, now: Callable[[], datetime]) -> None:
        self._account = account
        self._options = options
        self._now = now
        self.writes = Writes(account, now)

    def routes(self) -> Iterable[Route]:
        route = self._account.route
        yield route("GET", PATH, self._list)
        yield route("POST", PATH, self._create)
        yield route("POST", f"{PATH}/search", self._search)
        yield route("POST", f"{PATH}/merge", self._merge)
        batches: Mapping[str, Item] = {
            "read": self._read_item,
            "create": lambda kind, item: shown(kind, self.writes.create(kind, item)),
            "update": self._update_item,
            "upsert": self._upsert_item,
            "archive": self._archive_item,
        }
        for verb, item in batches.items():
            yield route("POST", f"{PATH}/batch/{verb}", self._batch(verb, item))
        yield route("GET", f"{PATH}/{{id}}", self._one)
        yield route("PATCH", f"{PATH}/{{id}}", self._update)
        yield route("DELETE", f"{PATH}/{{id}}", self._archive)

    # Reading

    async def _list(self, request: Request) -> Response:
        """`after` is the last id seen; archived objects come in a list of their own."""
        kind, query = self._kind(request), request.query_params
        limit, after = self._number(query.get("limit", str(DEFAULT))), self._number(query.get("after", "0"))
        if limit > MOST:
            raise self._account.errors.refusal(400, f"The limit of a page is {MOST}")
        archived = query.get("archived", "false") == "true"
        rows = self._account.table(kind.table).recall(
            ("list", archived),
            lambda: sorted(
                (row for row in self._account.table(kind.table) if row["archived"] == archived),
                key=lambda row: int(row["id"]),
            ),
        )
        rest = [row for row in rows if int(row["id"]) > after] if after else rows
        page: Row = {"results": [self._shown(kind, row, query) for row in rest[:limit]]}
        if len(rest) > limit:
            last = rest[limit - 1]["id"]
            link = f"https://api.hubapi.com/crm/v3/objects/{kind.table}?after={last}"
            page["paging"] = {"next": {"after": last, "link": link}}
        return reply(page)

    async def _one(self, request: Request) -> Response:
        kind, query = self._kind(request), request.query_params
        column, archived = query.get("idProperty", "id"), query.get("archived", "false") == "true"
        row = self.writes.found(kind, request.path_params["id"], column, archived=archived)
        return reply(self._shown(kind, row, query))

    def _shown(self, kind: Kind, row: Row, query: Mapping[str, str]) -> Row:
        names = [name for name in query.get("properties", "").split(",") if name]
        url = f"https://app.hubspot.com/contacts/{self._options.hub_id}/record/{kind.type_id}/{row['id']}"
        seen = {**shown(kind, row, names), "url": url}
        wanted = [PLURALS.get(name, name) for name in query.get("associations", "").split(",") if name]
        tied = {name: self._account.ties.of(End(kind.name, row["id"]), name) for name in wanted}
        ties = {BY_NAME[name].table: {"results": listed(kind.name, found)} for name, found in tied.items() if found}
        return {**seen, "associations": ties} if ties else seen

    async def _search(self, request: Request) -> Response:
        """What changed within the last moments is not found yet; what is archived never is."""
        kind, body = self._kind(request), await self._body(request)
        seen = self._now() - timedelta(seconds=self._options.search_lag)
        table, question = self._account.table(kind.table), {**body, "after": None, "limit": None}
        try:
            after, limit = check(body, self._options.deepest)
            matching = table.recall(
                orjson.dumps(question), lambda: find(kind, [row for row in table if not row["archived"]], body)
            )
        except BadSearch as bad:
            raise self._account.errors.refusal(400, str(bad)) from None
        found = [row for row in matching if row["updated"] <= seen]
        page: Row = {
            "total": len(found),
            "results": [shown(kind, row, body.get("properties") or []) for row in found[after : after + limit]],
        }
        if after + limit < len(found):
            page["paging"] = {"next": {"after": str(after + limit)}}
        return reply(page)

    # Writing

    async def _create(self, request: Request) -> Response:
        kind = self._kind(request)
        return reply(shown(kind, self.writes.create(kind, await self._body(request))), 201)

    async def _update(self, request: Request) -> Response:
        kind, column = self._kind(request), request.query_params.get("idProperty", "id")
        row = self.writes.found(kind, request.path_params["id"], column)
        return reply(shown(kind, self.writes.update(kind, row, await self._body(request))))

    async def _archive(self, request: Request) -> Response:
        self.writes.archive(self._kind(request), request.path_params["id"])
        return Response(status_code=204)

    async def _merge(self, request: Request) -> Response:
        kind = self._kind(request)
        return reply(shown(kind, self.writes.merge(kind, await self._body(request))))

    # Batches

    def _batch(self, verb: str, item: Item) -> Answer:
        async def answer(request: Request) -> Response:
            kind, body, started = self._kind(request), await self._body(request), written(self._now())
            inputs = body.get("inputs")
            if not isinstance(inputs, list) or not 1 <= len(inputs) <= MOST_INPUTS:
                raise self._account.errors.refusal(400, f"inputs must hold 1 to {MOST_INPUTS} items")
            shared = {name: value for name, value in body.items() if name != "inputs"}
            outcomes = [tried(lambda one=one: item(kind, {**shared, **one})) for one in inputs]  # type: ignore[misc]  # the default binds it
            if verb == "archive":
                return Response(status_code=204)
            done = [one for one in outcomes if not isinstance(one, Refusal)]
            failed = [orjson.loads(bytes(one.response.body)) for one in outcomes if isinstance(one, Refusal)]
            return reply(self._completed(done, failed, started), 207 if failed else 201 if verb == "create" else 200)

        return answer

    def _completed(self, done: list[Row], failed: list[Row], started: str) -> Row:
        found = {"status": "COMPLETE", "results": done, "startedAt": started, "completedAt": written(self._now())}
        return {**found, "numErrors": len(failed), "errors": failed} if failed else found

    def _read_item(self, kind: Kind, item: Row) -> Row:
        row = self.writes.found(kind, str(item.get("id")), item.get("idProperty") or "id")
        return shown(kind, row, item.get("properties") or [])

    def _update_item(self, kind: Kind, item: Row) -> Row:
        row = self.writes.found(kind, str(item.get("id")), item.get("idProperty") or "id")
        return shown(kind, self.writes.update(kind, row, item))

    def _upsert_item(self, kind: Kind, item: Row) -> Row:
        """Made or changed, by a property that is unique."""
        column, key = item.get("idProperty") or "id", str(item.get("id"))
        same = [row for row in self._account.table(kind.table).having(column, key) if not row["archived"]]
        if same:
            return {**shown(kind, self.writes.update(kind, same[0], item)), "new": False}
        given = item.get("properties") or {}
        filled = {**item, "properties": given if column == "id" else {column: key, **given}}
        return {**shown(kind, self.writes.create(kind, filled)), "new": True}

    def _archive_item(self, kind: Kind, item: Row) -> Row:
        self.writes.archive(kind, str(item.get("id")))
        return {}

    # What was asked

    def _kind(self, request: Request) -> Kind:
        kind = KINDS.get(request.path_params["type"])
        if kind is None:
            raise self._account.errors.refusal(400, f"Unable to infer object type from: {request.path_params['type']}")
        return kind

    async def _body(self, request: Request) -> Row:
        body = await json_body(request)
        if not isinstance(body, dict):
            raise self._account.errors.refusal(400, "Invalid input JSON")
        return body

    def _number(self, text: str) -> int:
        if not text.isascii() or not text.isdigit():
            raise self._account.errors.refusal(400, f"{text!r} is not a number")
        return int(text)
