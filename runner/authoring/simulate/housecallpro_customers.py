"""
Housecall Pro's endpoints of customers and their addresses.

Source: the vendor's OpenAPI as described in public.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.housecallpro_calls import Calling
from runner.authoring.simulate.housecallpro_data import key, number
from runner.authoring.simulate.housecallpro_errors import invalid, lacking, refusal
from runner.authoring.simulate.housecallpro_lists import expanded, members, ordered, paged
from runner.authoring.simulate.housecallpro_shapes import NOWHERE
from runner.authoring.simulate.table import Row

NEEDED = ("first_name", "last_name", "email", "mobile_number", "home_number", "work_number")
WRITABLE = (*NEEDED, "company", "notifications_enabled", "lead_source", "notes", "tags")
LOOKED_AT = ("first_name", "last_name", "email", "mobile_number")
BLANK: Row = {
    **dict.fromkeys((*NEEDED, "company", "lead_source", "notes")),
    "tags": [],
    "notifications_enabled": True,
    "do_not_service": False,
    "attachments": [],
    "kind": "homeowner",
}


class Customers:
    """Customers and where they are served."""

    def __init__(self, partner: Calling) -> None:
        self._partner = partner

    def routes(self) -> Iterable[Route]:
        route, one = self._partner.route, "/customers/{id}"
        yield route("GET", "/customers", self._list)
        yield route("POST", "/customers", self._create)
        yield route("GET", one, self._show)
        yield route("PUT", one, self._update)
        yield route("GET", f"{one}/addresses", self._places)
        yield route("POST", f"{one}/addresses", self._add_place)
        yield route("GET", f"{one}/addresses/{{address}}", self._place)

    async def _list(self, request: Request) -> Response:
        words = request.query_params.get("q", "").lower()
        rows = [row for row in self._partner.seen("customers", request) if words in self._text(row)]
        expand = expanded(request)
        shapes = self._partner.shapes
        return paged(ordered(rows, request), request, "customers", lambda row: shapes.customer(row, expand))

    def _text(self, row: Row) -> str:
        """Name, e-mail, mobile and addresses."""
        places = self._partner.shapes.places(row["id"])
        names = [row[name] for name in LOOKED_AT]
        return " ".join(str(part) for part in [*names, *(place["street"] for place in places)] if part).lower()

    async def _show(self, request: Request) -> Response:
        row = self._partner.found("customers", request)
        return reply(self._partner.shapes.customer(row, expanded(request)))

    async def _create(self, request: Request) -> Response:
        body = await members(request)
        if not any(body.get(name) for name in NEEDED):
            raise lacking("At least one of these is needed", NEEDED)
        fields = {**BLANK, **_fields(body)}
        own = self._partner.add("customers", **fields, **self._partner.location(request))
        for place in body.get("addresses") or []:
            self._put(own, place)
        return reply(self._partner.shapes.customer(self._partner.table("customers").row(own)), 201)

    async def _update(self, request: Request) -> Response:
        row = self._partner.found("customers", request)
        self._partner.change("customers", row["id"], **_fields(await members(request)))
        return reply(self._partner.shapes.customer(row))

    async def _places(self, request: Request) -> Response:
        row = self._partner.found("customers", request)
        return paged(self._partner.shapes.places(row["id"]), request, "addresses", _shown)

    async def _place(self, request: Request) -> Response:
        row = self._partner.found("customers", request)
        place = self._partner.table("addresses").get(request.path_params["address"])
        if place is None or place["customer_id"] != row["id"]:
            raise refusal(404, "Address not found")
        return reply(_shown(place))

    async def _add_place(self, request: Request) -> Response:
        row = self._partner.found("customers", request)
        return reply(_shown(self._put(row["id"], await members(request))), 201)

    def _put(self, customer_id: str, body: Row) -> Row:
        if not isinstance(body, dict) or not body.get("street"):
            raise lacking("street is missing", ["street"])
        table = self._partner.table("addresses")
        given = {name: body.get(name) for name in NOWHERE}
        own = key("adr", table.next_number(number))
        return table.add({"id": own, "type": body.get("type") or "service", **given, "customer_id": customer_id})


def _shown(place: Row) -> Row:
    return {name: value for name, value in place.items() if name != "customer_id"}


def _fields(body: Row) -> Row:
    """Raises Refusal."""
    fields = {name: body[name] for name in WRITABLE if name in body}
    if fields.get("email") and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", str(fields["email"])):
        raise invalid("email")
    for name in ("mobile_number", "home_number", "work_number"):
        if fields.get(name) and not 7 <= len(re.sub(r"\D", "", str(fields[name]))) <= 15:
            raise invalid(name)
    return fields
