"""
Hover's capture requests: a customer is asked to take photos.

Sources: developers.hover.to/reference/create-capture-request (what must be given; a draft job is made at once),
/docs/send-capture-request-action (the answer), /docs/hovers-available-webhooks (states new, connected, complete,
deleted). The path is unverified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.hover_errors import refusal
from runner.authoring.simulate.hover_hooks import Hooks
from runner.authoring.simulate.hover_jobs import Organisation, drafted
from runner.authoring.simulate.hover_shapes import written
from runner.authoring.simulate.table import Row, Table

FIRST = 70_001
NEEDED = ("capturing_user_name", "capturing_user_email")


class Captures:
    """The capture requests of the organisation."""

    def __init__(self, home: Organisation, hooks: Hooks, acting: Callable[[Mapping[str, Any]], None]) -> None:
        self._home = home
        self._hooks = hooks
        self._acting = acting
        self.table = Table("capture_requests", [], modified="updated_at", id_type=int)
        self._made = 0

    def routes(self) -> Iterable[Route]:
        route, base = self._home.route, "/api/v2/capture_requests"
        yield route("GET", base, self._list)
        yield route("POST", base, self._create)
        yield route("GET", f"{base}/{{id}}", self._show)
        yield route("DELETE", f"{base}/{{id}}", self._delete)

    async def _list(self, request: Request) -> Response:
        self._acting(request.query_params)
        return reply({"results": [_shown(row) for row in self.table]})

    async def _show(self, request: Request) -> Response:
        self._acting(request.query_params)
        return reply(_shown(self._found(request)))

    async def _create(self, request: Request) -> Response:
        body = await json_body(request)
        given = body.get("capture_request") if isinstance(body, dict) else None
        self._acting(body if isinstance(body, dict) else {})
        given, job = _judged(given)
        number, self._made = FIRST + self._made, self._made + 1
        times = dict.fromkeys(("created_at", "updated_at"), self._home.now())
        who = {name: given.get(name) for name in (*NEEDED, "capturing_user_phone")}
        kind = {"signup_type": given.get("signup_type") or "homeowner", "job_attributes": job}
        row = self.table.add({"id": number, "identifier": f"UEd_{number}", "state": "new", **who, **kind, **times})
        self._home.add("jobs", **drafted(job))
        self._tell(row)
        return reply(_shown(row), 201)

    async def _delete(self, request: Request) -> Response:
        row = self._found(request)
        self._acting(request.query_params)
        self.table.remove(row["id"])
        self._tell({**row, "state": "deleted"})
        return Response(status_code=204)

    def _tell(self, row: Row) -> None:
        self._hooks.tell("capture-request-state-changed", capture_request_id=row["id"], state=row["state"])

    def _found(self, request: Request) -> Row:
        row = self.table.get(request.path_params["id"])
        if row is None:
            raise refusal(404, "Capture request not found")
        return row


def _judged(given: object) -> tuple[Row, Row]:
    """The request, and what it says of the job. Raises Refusal."""
    if not isinstance(given, dict):
        raise refusal(422, "capture_request is missing")
    for name in NEEDED:
        if not given.get(name):
            raise refusal(422, f"{name} is missing")
    job = given.get("job_attributes")
    if not isinstance(job, dict) or not job.get("location_line_1"):
        raise refusal(422, "job_attributes.location_line_1 is missing")
    return given, job


def _shown(row: Row) -> Row:
    return {**row, **{name: written(row[name]) for name in ("created_at", "updated_at")}}
