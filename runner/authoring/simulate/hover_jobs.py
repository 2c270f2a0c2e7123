"""
Hover's endpoints of jobs: the list, one job in three versions, changes, test jobs.

Sources: developers.hover.to/reference (listjobs, show-job-details, multi-structure-test-jobs), Hover's llms.txt. The
paths of changing a job and of archiving it are unverified. The list knows no filter by change; its order, newest first,
is this module's choice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.hover_errors import refusal
from runner.authoring.simulate.hover_options import HoverOptions
from runner.authoring.simulate.hover_shapes import Shapes
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.table import Row, Table

SIZE, MOST = 25, 100
CHANGES = ("name", "external_identifier", "notes")


class Organisation(Protocol):
    """What the jobs live in."""

    def now(self) -> datetime: ...

    def route(self, method: str, path: str, answer: Answer, *, api: bool = True) -> Route: ...

    def table(self, what: str) -> Table: ...

    def add(self, what: str, **fields: Any) -> Any: ...

    def change(self, what: str, id: str | int, **fields: Any) -> None: ...  # noqa: A002 - the partner's word


class Jobs:
    """`acting` is the user whom a call names; it refuses calls that must name one."""

    def __init__(self, home: Organisation, options: HoverOptions, acting: Callable[[Mapping[str, Any]], None]) -> None:
        self._home = home
        self._options = options
        self._acting = acting
        self._shapes = Shapes(options)

    def routes(self) -> Iterable[Route]:
        route = self._home.route
        yield route("GET", "/api/v2/jobs", self._list)
        yield route("POST", "/api/v3/jobs/test_job", self._test)
        yield route("GET", "/api/v3/jobs/{id}", self._new)
        for version in ("v1", "v2"):
            yield route("GET", f"/api/{version}/jobs/{{id}}", self._old)
        yield route("POST", "/api/v2/jobs", self._create)
        yield route("PATCH", "/api/v2/jobs/{id}/set_test_state.json", self._set)
        yield route("PATCH", "/api/v2/jobs/{id}", self._update)
        yield route("PUT", "/api/v2/jobs/{id}/archive", self._archive)
        yield route("GET", "/api/v1/job_shares", self._shares)

    # Reading

    async def _list(self, request: Request) -> Response:
        query = request.query_params
        self._acting(query)
        states = {*query.getlist("states[]"), *query.getlist("states")}
        archived, text = query.get("archived"), query.get("search", "").lower()
        rows = [
            row
            for row in reversed(self._home.table("jobs").ordered("created_at"))
            if (not states or row["state"] in states)
            and archived in {None, str(row["archived_at"] is not None).lower()}
            and text in f"{row['name']} {row['address']['line_1']}".lower()
        ]
        page, size = _number(query.get("page", "1")), min(_number(query.get(self._options.size_param, str(SIZE))), MOST)
        pages = max(1, math.ceil(len(rows) / size))
        pagination = {"current_page": page, "total_pages": pages, "total": len(rows)}
        results = [self._shapes.listed(row) for row in rows[(page - 1) * size : page * size]]
        meta = {"request_received_at": int(self._home.now().timestamp())}
        return reply({"pagination": pagination, "results": results, "meta": meta})

    async def _new(self, request: Request) -> Response:
        self._acting(request.query_params)
        return reply(self._shapes.new(self._job(request)))

    async def _old(self, request: Request) -> Response:
        self._acting(request.query_params)
        return reply(self._shapes.old(self._job(request)))

    async def _shares(self, request: Request) -> Response:
        """Every third job is shared; the pages have another form."""
        self._acting(request.query_params)
        page, size = _number(request.query_params.get("page", "1")), SIZE
        shared = [row for row in self._home.table("jobs") if row["id"] % 3 == 0]
        pages = max(1, math.ceil(len(shared) / size))
        shown = [{"id": row["id"] + 5_000_000, "job_id": row["id"]} for row in shared[(page - 1) * size : page * size]]
        pagination = {
            "total": len(shared),
            "total_count": len(shared),
            "current_page": page,
            "next_page": page + 1 if page < pages else None,
            "prev_page": page - 1 if page > 1 else None,
            "total_pages": pages,
        }
        return reply({"job_shares": shown, "meta": {"pagination": pagination}})

    # Writing

    async def _create(self, request: Request) -> Response:
        """Tells no webhook: the documents advise capture requests instead."""
        body = await _body(request)
        self._acting(body)
        given = body.get("job")
        if not isinstance(given, dict) or not given.get("location_line_1"):
            raise refusal(422, "location_line_1 is missing")
        key = self._home.add("jobs", **drafted(given))
        return reply(self._shapes.old(self._home.table("jobs").row(key)), 201)

    async def _update(self, request: Request) -> Response:
        body, row = await _body(request), self._job(request)
        self._acting(body or request.query_params)
        if not isinstance(body.get("job"), dict):
            raise refusal(422, "job is missing")
        self._home.change("jobs", row["id"], **_changed(body["job"]))
        return reply(self._shapes.old(row))

    async def _archive(self, request: Request) -> Response:
        row = self._job(request)
        self._acting({**request.query_params, **await _body(request)})
        self._home.change("jobs", row["id"], archived_at=self._home.now())
        return reply(self._shapes.old(row))

    async def _set(self, request: Request) -> Response:
        """A job is brought to its end, for nothing."""
        body = {**request.query_params, **await _body(request)}
        self._acting(body)
        if body.get("state") not in {"complete", "failed"}:
            raise refusal(422, "state must be complete or failed")
        self._home.change("jobs", self._job(request)["id"], state=body["state"])
        return reply({"success": True})

    async def _test(self, request: Request) -> Response:
        body = {**request.query_params, **await _body(request)}
        self._acting(body)
        if body.get("job_preset") != "multi-structure-exterior":
            raise refusal(422, "job_preset is unknown")
        self._home.add("jobs", state=body.get("state", "complete"), example=True)
        return reply({"success": True})

    def _job(self, request: Request) -> Row:
        row = self._home.table("jobs").get(request.path_params["id"])
        if row is None:
            raise refusal(404, "Job not found")
        return row


async def _body(request: Request) -> Row:
    body = await json_body(request) if await request.body() else {}
    if not isinstance(body, dict):
        raise refusal(400, "the body must be a JSON object")
    return body


def drafted(given: Row) -> Row:
    """A job without photos, of what was said of it."""
    address = {"line_1": given["location_line_1"], "line_2": given.get("location_line_2") or ""}
    address |= {part: given.get(f"location_{part}") for part in ("city", "region", "postal_code")}
    own = {"name": given["location_line_1"], "external_identifier": None, "notes": None, "archived_at": None}
    return {"state": "uploading", "models": [], "completed_at": None, "address": address, **own, **_changed(given)}


def _changed(given: Row) -> Row:
    return {name: given[name] for name in CHANGES if name in given}


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise refusal(400, "page and its size must be numbers from 1")
    return int(text)
