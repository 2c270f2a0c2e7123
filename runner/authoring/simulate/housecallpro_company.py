"""
Housecall Pro's endpoints of the company itself: employees, locations, the app, small lists.

Source: the vendor's OpenAPI as described in public. What stands in leads, events, zones, routes, checklists and the
price book is made up in outline only.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.housecallpro_calls import Calling
from runner.authoring.simulate.housecallpro_data import TAGS, key
from runner.authoring.simulate.housecallpro_errors import refusal
from runner.authoring.simulate.housecallpro_lists import number, ordered, paged, priced
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.table import Row, Table

MOST_ROUTES = 100
SERVICES = [{"uuid": f"pbmat_{n}", "name": name, "price": 5000 * n} for n, name in enumerate(("Visit", "Gutter"), 1)]
ZONES = [{"id": "zone_1", "name": "Lincoln"}]


def small_tables() -> dict[str, Table]:
    tags: list[Row] = [{"id": key("tag", place), "name": name} for place, name in enumerate(TAGS, 1)]
    return {"tags": Table("tags", tags, modified=None)}


class CompanyCalls:
    """What the company is and who works there."""

    def __init__(self, partner: Calling) -> None:
        self._partner = partner
        self._enabled = True

    def routes(self) -> Iterable[Route]:
        route, alone = self._partner.route, self._partner.partners_only
        yield route("GET", "/company", self._company)
        yield route("GET", "/employees", self._employees)
        yield route("GET", "/invoices", self._invoices)
        yield route("GET", "/api/invoices/{uuid}", self._invoice)
        yield route("GET", "/tags", self._tags)
        yield route("GET", "/job_fields/job_types", self._job_types)
        yield route("GET", "/leads", self._nothing("leads"))
        yield route("GET", "/events", self._nothing("events"))
        yield route("GET", "/checklists", alone(self._nothing("checklists")))
        yield route("GET", "/service_zones", alone(self._zones))
        yield route("GET", "/routes", alone(self._ways))
        yield route("GET", "/api/price_book/services", alone(self._services))
        yield route("GET", "/application", alone(self._application))
        yield route("POST", "/application/enable", alone(self._enable))
        yield route("POST", "/application/disable", alone(self._disable))

    async def _company(self, request: Request) -> Response:
        own = self._partner.location(request)
        said = {"phone_number": "4025550100", "support_email": "office@example.com", "time_zone": "America/Chicago"}
        return reply({"id": own["company_id"], "name": own["company_name"], **said})

    async def _employees(self, request: Request) -> Response:
        """Active ones only."""
        rows = [row for row in self._partner.seen("employees", request) if row["active"]]
        return paged(ordered(rows, request), request, "employees", self._partner.shapes.employee)

    def _billed(self, request: Request) -> list[Row]:
        return [
            {
                "id": f"invoice_{row['id'][4:]}",
                "job_id": row["id"],
                "invoice_number": row["invoice_number"],
                "amount": row["total_amount"],
                "due_amount": row["outstanding_balance"],
                "created_at": row["created_at"],
                "updated_at": row["updated_at"],
            }
            for row in self._partner.seen("jobs", request)
            if row["total_amount"]
        ]

    async def _invoices(self, request: Request) -> Response:
        return paged(ordered(self._billed(request), request), request, "invoices", dict)

    async def _invoice(self, request: Request) -> Response:
        found = next((row for row in self._billed(request) if row["id"] == request.path_params["uuid"]), None)
        if found is None:
            raise refusal(404, "Invoice not found")
        return reply(found)

    async def _tags(self, request: Request) -> Response:
        return paged(list(self._partner.table("tags")), request, "tags", dict)

    async def _job_types(self, request: Request) -> Response:
        return paged([{"id": "jt_1", "name": "Repair"}], request, "job_types", dict)

    def _nothing(self, name: str) -> Answer:
        """A list that this company has nothing in."""

        async def answer(request: Request) -> Response:
            return paged([], request, name, dict)

        return answer

    async def _zones(self, request: Request) -> Response:
        return paged(ZONES, request, "service_zones", dict)

    async def _ways(self, request: Request) -> Response:
        """This one says `per_page`."""
        page, size = number(request, "page", 1), min(number(request, "per_page", MOST_ROUTES), MOST_ROUTES)
        return reply({"page": page, "per_page": size, "total_pages": 0, "total_items": 0, "routes": []})

    async def _services(self, request: Request) -> Response:
        return priced(SERVICES, request)

    async def _application(self, _: Request) -> Response:
        return reply({"enabled": self._enabled})

    async def _enable(self, _: Request) -> Response:
        self._enabled = True
        return reply({"enabled": True})

    async def _disable(self, _: Request) -> Response:
        self._enabled = False
        return reply({"enabled": False})
