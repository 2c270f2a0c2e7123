"""
A simulated Agave before the same QuickBooks company.

Sources: docs.agaveapi.com/agave-api/headers, /source-data, /passthrough-requests, /reference. Published are the
headers, `id`, `source_id`, `source_data` and the link and passthrough calls; the paths of lists, their envelope and
pages, the other names and the form of errors are unverified, and this module's choice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import Refusal, json_body, reply
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.quickbooks_books import Books
from runner.authoring.simulate.quickbooks_data import shown
from runner.authoring.simulate.quickbooks_faults import Fault
from runner.authoring.simulate.quickbooks_options import QuickBooksOptions
from runner.authoring.simulate.quickbooks_reads import query
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row, Table

VERSION = "2021-11-21"
PER_PAGE, MOST_PER_PAGE = 100, 500
SPACE = uuid.UUID("6f6c9c1e-0000-4000-8000-000000000000")
Made = Callable[[str, str, Answer], Route]


class Agave:
    """
    Its endpoints; the company's own consent at Intuit lies behind it.

    Args:
        tables, books: QuickBooks' own entities.
        linked: does the company's connection behind Agave still stand?
        violated: hears of each call over the limit.
    """

    def __init__(
        self,
        options: QuickBooksOptions,
        tables: dict[str, Table],
        books: Books,
        now: Callable[[], datetime],
        dice: Dice,
        *,
        violated: Callable[[], None],
    ) -> None:
        self._options = options
        self._tables = tables
        self._books = books
        self._dice = dice
        self._violated = violated
        self._gate = Gate(now, options.agave_limits)
        self._asked: set[str] = set()
        self._public: set[str] = set()
        self._accounts = {options.agave_account_token}

    def routes(self, route: Made) -> Iterable[Route]:
        yield route("POST", "/link/create", self._app_only(self._create_link))
        yield route("POST", "/link/token/exchange", self._app_only(self._exchange))
        yield route("GET", "/link/companies", self._account_only(self._companies))
        yield route("POST", "/passthrough", self._account_only(self._pass_through))
        for path, what, entity in (("/customers", "customers", "Customer"), ("/ar-payments", "payments", "Payment")):
            yield route("GET", path, self._account_only(self._list(what, entity)))
            yield route("GET", f"{path}/{{id}}", self._account_only(self._one(what, entity)))

    def unlink(self) -> None:
        """The company takes its account away: account tokens are permanent until then."""
        self._accounts.clear()

    def public_token(self, link_token: str) -> str:
        """What the Link component gives the browser once a person has signed in at Intuit."""
        if link_token not in self._asked:
            raise LookupError(link_token)
        self._asked.discard(link_token)
        token = self._dice.mint("public")
        self._public.add(token)
        return token

    # Who asks

    def _app_only(self, answer: Answer) -> Answer:
        async def endpoint(request: Request) -> Response:
            self._admit(request)
            return await answer(request)

        return endpoint

    def _account_only(self, answer: Answer) -> Answer:
        async def endpoint(request: Request) -> Response:
            self._admit(request)
            if request.headers.get("account-token", "") not in self._accounts:
                return _error(401, "The Account-Token is missing or was unlinked")
            if self._gate.wait():
                self._violated()
                return _error(429, "Too many requests")
            return await answer(request)

        return endpoint

    def _admit(self, request: Request) -> None:
        if request.headers.get("api-version") != VERSION:
            raise Refusal(_error(400, f"The header API-Version must be {VERSION}"))
        given = request.headers.get("client-id"), request.headers.get("client-secret")
        if given != (self._options.agave_client_id, self._options.agave_client_secret):
            raise Refusal(_error(401, "Client-Id or Client-Secret is wrong"))

    # Linking

    async def _create_link(self, request: Request) -> Response:
        body = await json_body(request)
        if not isinstance(body, dict) or not body.get("reference_id"):
            return _error(400, "reference_id is required")
        token = self._dice.mint("link")
        self._asked.add(token)
        return reply({"link_token": token})

    async def _exchange(self, request: Request) -> Response:
        body = await json_body(request)
        token = body.get("public_token") if isinstance(body, dict) else None
        if token not in self._public:
            return _error(400, "public_token is unknown or was used")
        self._public.discard(token)
        account = self._dice.mint("account")
        self._accounts.add(account)
        return reply(
            {
                "account_token": account,
                "account_id": own_id("account", account),
                "connection": {"type": "quickbooks", "properties": {}},
                "linked_company": self._company(),
                "linked_user": {"id": own_id("user", "1"), "email": "admin@example.com"},
                "status": "active",
            }
        )

    def _company(self) -> Row:
        realm = self._options.realm_id
        return {"id": own_id("company", realm), "source_id": realm, "name": self._options.company_name}

    async def _companies(self, _: Request) -> Response:
        return reply({"data": [self._company()], "meta": {"page": 1, "per_page": PER_PAGE, "total_pages": 1}})

    # Reading

    def _list(self, what: str, entity: str) -> Answer:
        async def answer(request: Request) -> Response:
            page, size = _number(request, "page", 1), min(_number(request, "per_page", PER_PAGE), MOST_PER_PAGE)
            rows = self._tables[what].ordered("created")
            found = [self._shown(request, entity, row) for row in rows[(page - 1) * size : page * size]]
            meta = {"page": page, "per_page": size, "total_pages": -(-len(rows) // size)}
            return reply({"data": found, "meta": meta})

        return answer

    def _one(self, what: str, entity: str) -> Answer:
        async def answer(request: Request) -> Response:
            key = request.path_params["id"]
            row = next((row for row in self._tables[what] if own_id(entity, row["Id"]) == key), None)
            return (
                _error(404, f"{entity} {key} was not found")
                if row is None
                else reply(self._shown(request, entity, row))
            )

        return answer

    async def _pass_through(self, request: Request) -> Response:
        body = await json_body(request)
        method, path = (body.get("method"), str(body.get("path", ""))) if isinstance(body, dict) else (None, "")
        asked = urlsplit(path)
        if method != "GET" or asked.path != "/query":
            return _error(400, "Only GET /query is passed through here")
        try:
            return reply(query(self._books, dict(parse_qsl(asked.query)).get("query", "")))
        except Fault as fault:
            return reply({"Fault": fault.body}, fault.status)

    def _shown(self, request: Request, entity: str, row: Row) -> Row:
        raw = shown(row)
        unified = _customer(raw) if entity == "Customer" else _payment(raw)
        seen = {"id": own_id(entity, row["Id"]), "source_id": row["Id"], **unified}
        wanted = request.headers.get("include-source-data", "false")
        if wanted.lower() == "false":
            return seen
        hidden = request.headers.get("exclude-source-data", "").split(",")
        data = {
            name: value
            for name, value in raw.items()
            if (wanted.lower() == "true" or name in wanted.split(",")) and name not in hidden
        }
        return {**seen, "source_data": self._source(request, entity, row["Id"], data)}

    def _source(self, request: Request, entity: str, key: str, data: Row) -> Row:
        if self._options.bare_source_data:
            return data
        path = {"path": f"/v3/company/{self._options.realm_id}/{entity.lower()}/{key}"}
        return {**(path if request.headers.get("include-source-data-path", "true") == "true" else {}), "data": data}


def own_id(kind: str, key: str) -> str:
    """Agave's own id of a thing: a UUID."""
    return str(uuid.uuid5(SPACE, f"{kind}/{key}"))


def _customer(raw: Row) -> Row:
    address = raw.get("BillAddr")
    return {
        "name": raw["DisplayName"],
        "email": (raw.get("PrimaryEmailAddr", {}).get("Address") or "").partition(",")[0] or None,
        "phone": raw.get("PrimaryPhone", {}).get("FreeFormNumber"),
        "address": address
        and {
            "street_1": address.get("Line1"),
            "street_2": address.get("Line2"),
            "city": address.get("City"),
            "state": address.get("CountrySubDivisionCode"),
            "postal_code": address.get("PostalCode"),
            "country": "US",
        },
        "status": "active" if raw["Active"] else "inactive",
    }


def _payment(raw: Row) -> Row:
    return {"amount": raw["TotalAmt"], "date": raw["TxnDate"]}


def _error(status: int, message: str) -> Response:
    return reply({"message": message}, status)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise Refusal(_error(400, f"{name} is invalid"))
    return int(text)
