"""
Pipedrive's endpoints of version 2.

Source: the official OpenAPI v2. A thing that was deleted can be read for thirty days, marked as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.pipedrive_errors import refusal
from runner.authoring.simulate.pipedrive_kinds import KINDS, CustomField, Kind, shown
from runner.authoring.simulate.pipedrive_lists import DELETED_FOR, Lists
from runner.authoring.simulate.pipedrive_writes import closing, given, merged
from runner.authoring.simulate.table import Row, Table


class Account(Protocol):
    """What the objects live in."""

    tables: dict[str, Table]
    lists: Lists
    fields: tuple[CustomField, ...]

    def now(self) -> datetime: ...

    def route(self, method: str, path: str, answer: Answer, *, api: bool = True) -> Route: ...

    def table(self, what: str) -> Table: ...

    def add(self, what: str, **fields: Any) -> Any: ...

    def change(self, what: str, id: str | int, **fields: Any) -> None: ...  # noqa: A002 - the partner's word

    def remove(self, what: str, id: str | int) -> None: ...  # noqa: A002 - the partner's word


class Objects:
    """Deals, persons, organizations, activities and products."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> Iterable[Route]:
        route, base = self._account.route, "/api/v2/{what}"
        yield route("GET", "/api/v2/itemSearch", self._search)
        yield route("GET", "/api/v2/pipelines", self._plain)
        yield route("GET", "/api/v2/stages", self._plain)
        yield route("GET", "/api/v2/deals/archived", self._archived)
        yield route("GET", f"{base}/search", self._search)
        yield route("GET", base, self._list)
        yield route("POST", base, self._create)
        yield route("GET", f"{base}/{{id}}", self._show)
        yield route("PATCH", f"{base}/{{id}}", self._update)
        yield route("DELETE", f"{base}/{{id}}", self._delete)

    async def _plain(self, request: Request) -> Response:
        rows = self._account.table(request.url.path.rpartition("/")[2])
        pipeline = request.query_params.get("pipeline_id")
        wanted = [row for row in rows if pipeline in (None, str(row.get("pipeline_id")))]
        return self._account.lists.plain(wanted, request)

    async def _archived(self, request: Request) -> Response:
        return self._account.lists.answer(KINDS["deals"], self._account.table("deals"), request, archived=True)

    async def _list(self, request: Request) -> Response:
        kind = _kind(request)
        return self._account.lists.answer(kind, self._account.table(kind.table), request)

    async def _show(self, request: Request) -> Response:
        row = self._found(request)
        if row["is_deleted"] and row["update_time"] < self._account.now() - DELETED_FOR:
            raise refusal(404, f"{_kind(request).name.capitalize()} not found")
        return _answer(row)

    async def _create(self, request: Request) -> Response:
        kind = _kind(request)
        body = await given(request, kind, self._account.tables, new=True)
        fields = {**self._blank(kind, body), **merged({}, body, self._keys())}
        return _answer(self._account.table(kind.table).row(self._account.add(kind.table, **fields)), 201)

    def _blank(self, kind: Kind, body: Row) -> Row:
        """What a new thing has before anything is written to it."""
        first = next(iter(self._account.table("users")))["id"]
        own: Row = {"owner_id": first, "creator_user_id": first, "is_deleted": False, "custom_fields": {}}
        own |= {name: [] for name in ("label_ids", "emails", "phones", "prices")}
        if kind.name == "deal":
            stage = self._account.table("stages").row(body.get("stage_id") or 1)
            own |= {"status": "open", "is_archived": False, "currency": "EUR", "value": 0, "origin": "API"}
            own |= {"stage_id": stage["id"], "pipeline_id": stage["pipeline_id"]}
        model = self._account.table(kind.table).model()
        return {name: own.get(name) for name in model if name not in {"id", "add_time", "update_time"}}

    async def _update(self, request: Request) -> Response:
        kind, row = _kind(request), self._found(request)
        if row["is_deleted"] and kind.name != "deal":
            raise refusal(404, f"{kind.name.capitalize()} not found")
        body = await given(request, kind, self._account.tables, new=False)
        fields = merged(row, body, self._keys())
        if kind.name == "deal":
            fields |= closing(row, body, self._account.now())
            if "stage_id" in body and body["stage_id"] != row["stage_id"]:
                stage = self._account.table("stages").row(body["stage_id"])
                fields |= {"stage_change_time": self._account.now(), "pipeline_id": stage["pipeline_id"]}
        self._account.change(kind.table, row["id"], **fields)
        return _answer(row)

    async def _delete(self, request: Request) -> Response:
        row = self._found(request)
        if row["is_deleted"]:
            raise refusal(404, f"{_kind(request).name.capitalize()} not found")
        self._account.remove(_kind(request).table, row["id"])
        return reply({"success": True, "data": {"id": row["id"]}, "additional_data": None})

    async def _search(self, request: Request) -> Response:
        """By what a thing is called. A term of one sign only where it must be the whole."""
        term, exact = request.query_params.get("term", ""), request.query_params.get("exact_match") == "true"
        if len(term) < (1 if exact else 2):
            raise refusal(400, "Parameter 'term' must have at least 2 characters")
        kinds = [KINDS[request.path_params["what"]]] if "what" in request.path_params else list(KINDS.values())
        found = [
            {"result_score": 0.5, "item": _item(kind, row)}
            for kind in kinds
            for row in self._account.table(kind.table)
            if not row["is_deleted"] and _matches(str(row[kind.titled]), term, exact)
        ]
        body = {"success": True, "data": {"items": found[:100]}}
        return reply({**body, "additional_data": {"next_cursor": None}})

    def _keys(self) -> set[str]:
        return {field.key for field in self._account.fields}

    def _found(self, request: Request) -> Row:
        kind = _kind(request)
        row = self._account.table(kind.table).get(request.path_params["id"])
        if row is None:
            raise refusal(404, f"{kind.name.capitalize()} not found")
        return row


def _kind(request: Request) -> Kind:
    what = request.path_params["what"]
    if what not in KINDS:
        raise refusal(404)
    return KINDS[what]


def _item(kind: Kind, row: Row) -> Row:
    """What a search shows of a thing."""
    more = {name: row[name] for name in ("value", "currency", "status", "is_archived") if kind.name == "deal"}
    return {"id": row["id"], "type": kind.name, kind.titled: row[kind.titled], **more}


def _matches(text: str, term: str, exact: bool) -> bool:
    return text.lower() == term.lower() if exact else term.lower() in text.lower()


def _answer(row: Row, status: int = 200) -> Response:
    return reply({"success": True, "data": shown(row), "additional_data": None}, status)
