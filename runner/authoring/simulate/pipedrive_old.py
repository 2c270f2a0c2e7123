"""
Pipedrive's endpoints of version 1 that are still needed: leads, users, fields.

Source: the official OpenAPI v1. Its deprecated lists are not simulated. Leads are deleted for good.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.pipedrive_errors import refusal
from runner.authoring.simulate.pipedrive_kinds import LEADS, CustomField, shown_lead, shown_user
from runner.authoring.simulate.pipedrive_lists import lead_filter
from runner.authoring.simulate.pipedrive_objects import Account
from runner.authoring.simulate.pipedrive_options import PipedriveOptions
from runner.authoring.simulate.pipedrive_writes import given
from runner.authoring.simulate.table import Row

STANDARD = (("title", "Title", "varchar"), ("value", "Value", "monetary"), ("status", "Status", "status"))


class Old:
    """`/api/v1/...`, which is answered at `/v1/...` too."""

    def __init__(self, account: Account, options: PipedriveOptions) -> None:
        self._account = account
        self._options = options

    def routes(self) -> Iterable[Route]:
        for base in ("/api/v1", "/v1"):
            route = self._account.route
            yield route("GET", f"{base}/users/me", self._me)
            yield route("GET", f"{base}/users", self._users)
            yield route("GET", f"{base}/leads/archived", self._archived)
            yield route("GET", f"{base}/leads", self._leads)
            yield route("POST", f"{base}/leads", self._create)
            yield route("GET", f"{base}/leads/{{id}}", self._show)
            yield route("PATCH", f"{base}/leads/{{id}}", self._update)
            yield route("DELETE", f"{base}/leads/{{id}}", self._delete)
            for kind in ("deal", "person", "organization"):
                yield route("GET", f"{base}/{kind}Fields", self._fields)

    async def _me(self, _: Request) -> Response:
        domain = self._options.api_domain.removeprefix("https://").partition(".")[0]
        company = {
            "company_id": self._options.company_id,
            "company_name": self._options.company_name,
            "company_domain": domain,
        }
        return _answer({**shown_user(next(iter(self._account.table("users")))), **company})

    async def _users(self, _: Request) -> Response:
        """All of them, without pages."""
        return _answer([shown_user(row) for row in self._account.table("users")])

    async def _leads(self, request: Request) -> Response:
        return self._list(request, archived=False)

    async def _archived(self, request: Request) -> Response:
        return self._list(request, archived=True)

    def _list(self, request: Request, *, archived: bool) -> Response:
        wanted = lead_filter(request)
        rows = [row for row in self._account.table("leads") if wanted(row) and row["is_archived"] == archived]
        return self._account.lists.old([shown_lead(row) for row in rows], request)

    async def _show(self, request: Request) -> Response:
        return _answer(shown_lead(self._lead(request)))

    async def _create(self, request: Request) -> Response:
        body = await given(request, LEADS, self._account.tables, new=True)
        if body.get("person_id") is None and body.get("organization_id") is None:
            raise refusal(400, "A lead must be linked to a person or an organization")
        model = self._account.table("leads").model()
        blank: Row = {name: None for name in model if name not in {"id", "add_time", "update_time"}}
        own = {"is_archived": False, "was_seen": False, "label_ids": [], "custom_fields": {}, "origin": "API"}
        key = self._account.add("leads", **{**blank, **own, **body})
        return _answer(shown_lead(self._account.table("leads").row(key)), 201)

    async def _update(self, request: Request) -> Response:
        row = self._lead(request)
        self._account.change("leads", row["id"], **await given(request, LEADS, self._account.tables, new=False))
        return _answer(shown_lead(row))

    async def _delete(self, request: Request) -> Response:
        row = self._lead(request)
        self._account.remove("leads", row["id"])
        return _answer({"id": row["id"]})

    def _lead(self, request: Request) -> Row:
        row = self._account.table("leads").get(request.path_params["id"])
        if row is None:
            raise refusal(404, "Lead not found")
        return row

    async def _fields(self, request: Request) -> Response:
        """Standard fields and those of the account; persons and organizations have none of their own here."""
        own = self._account.fields if request.url.path.endswith("/dealFields") else ()
        fields = [CustomField(*one) for one in STANDARD] + list(own)
        rows = [field.shown(12_450 + place) for place, field in enumerate(fields)]
        return self._account.lists.old(rows, request)


def _answer(data: Any, status: int = 200) -> Response:
    return reply({"success": True, "data": data, "additional_data": None}, status)
