"""
Pipedrive's notes (version 1): written on a deal, a person, an organization or a lead.

Source: the official OpenAPI v1, tag Notes, as public clients generated from it show it. What the partner's sanitizing
takes out of a text is unpublished: here scripts alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.pipedrive_errors import refusal
from runner.authoring.simulate.pipedrive_kinds import NOTES, shown_note
from runner.authoring.simulate.pipedrive_objects import Account
from runner.authoring.simulate.pipedrive_writes import given
from runner.authoring.simulate.table import Row, Table

OWNERS = ("deal_id", "person_id", "org_id", "lead_id")
PINNED = ("pinned_to_deal_flag", "pinned_to_person_flag", "pinned_to_organization_flag", "pinned_to_lead_flag")
LONGEST = 100_000
FIRST = 3301
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE)


def notes() -> Table:
    """None yet; what new ones are made from."""
    texts = ("content", "add_time", "update_time", "user_id", "last_update_user_id", *OWNERS, *PINNED)
    model = {"id": FIRST, "active_flag": True, **dict.fromkeys(texts)}
    return Table("notes", [], modified="update_time", id_type=int, model=model)


class Notes:
    """`/api/v1/notes`, which is answered at `/v1/notes` too."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> Iterable[Route]:
        route = self._account.route
        for base in ("/api/v1/notes", "/v1/notes"):
            yield route("GET", base, self._list)
            yield route("POST", base, self._create)
            yield route("GET", f"{base}/{{id}}", self._show)
            yield route("PUT", f"{base}/{{id}}", self._update)
            yield route("DELETE", f"{base}/{{id}}", self._delete)

    async def _list(self, request: Request) -> Response:
        query = request.query_params
        asked = {name: query[name] for name in OWNERS if name in query}
        rows = [
            row
            for row in self._account.table("notes")
            if row["active_flag"] and all(str(row[name]) == value for name, value in asked.items())
        ]
        if query.get("sort", "").lower() == "add_time desc":
            rows.sort(key=lambda row: (row["add_time"], row["id"]), reverse=True)
        return self._account.lists.old([shown_note(row) for row in rows], request)

    async def _show(self, request: Request) -> Response:
        return _answer(shown_note(self._found(request)))

    async def _create(self, request: Request) -> Response:
        body = await given(request, NOTES, self._account.tables, new=True)
        if not any(body.get(name) is not None for name in OWNERS):
            raise refusal(400, "A note must be attached to a deal, a person, an organization or a lead")
        user = next(iter(self._account.table("users")))["id"]
        who = {"user_id": user, "last_update_user_id": None}
        key = self._account.add("notes", **{**dict.fromkeys((*OWNERS, *PINNED)), **who, **self._written(body)})
        return _answer(shown_note(self._account.table("notes").row(key)))

    async def _update(self, request: Request) -> Response:
        row = self._found(request)
        body = await given(request, NOTES, self._account.tables, new=False)
        self._account.change("notes", row["id"], **self._written(body))
        return _answer(shown_note(row))

    async def _delete(self, request: Request) -> Response:
        self._account.change("notes", self._found(request)["id"], active_flag=False)
        return _answer(True)

    def _written(self, body: Row) -> Row:
        """Flags as they are kept, texts sanitized. Raises Refusal."""
        text = body.get("content") or ""
        if len(text) > LONGEST:
            raise refusal(400, f"content must be at most {LONGEST} characters")
        flags = {name: bool(value) for name, value in body.items() if name in PINNED}
        return {**body, **flags, **({"content": SCRIPT.sub("", text)} if "content" in body else {})}

    def _found(self, request: Request) -> Row:
        row = self._account.table("notes").get(request.path_params["id"])
        if row is None or not row["active_flag"]:
            raise refusal(404, "Note not found")
        return row


def _answer(data: Any) -> Response:
    return reply({"success": True, "data": data, "additional_data": None})
