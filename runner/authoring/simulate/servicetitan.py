"""
A simulated ServiceTitan (API v2).

Sources: the partner's OpenAPI files and pages at developer.servicetitan.io (oauth20, get-going-environments,
transactional-and-export-apis, timeouts-and-pagination, faqs-v2-webhooks). One app stands for both hosts.
Where the partner's documents are silent, this module decides and says so beside the decision.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate import servicetitan_feed as feeds
from runner.authoring.simulate import servicetitan_lists as lists
from runner.authoring.simulate.answers import Refusal, reply
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Compose, Manners, WebhookTarget
from runner.authoring.simulate.partner import Answer, Change, Partner
from runner.authoring.simulate.servicetitan_data import tables
from runner.authoring.simulate.servicetitan_events import Notice, notices, seal
from runner.authoring.simulate.servicetitan_notes import JobNotes
from runner.authoring.simulate.servicetitan_options import SCOPE, ServiceTitanOptions
from runner.authoring.simulate.servicetitan_people import iso
from runner.authoring.simulate.servicetitan_query import Invalid
from runner.authoring.simulate.table import Row

RETRY_AFTER = (10, 30, 60, 300)


class ServiceTitan(Partner):
    """Tables: jobs, appointments, appointment-assignments, customers, locations, technicians, *-contacts."""

    name = "servicetitan"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: ServiceTitanOptions,
    ) -> None:
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=Manners(RETRY_AFTER), stall=stall)
        self.options = options
        self.tables = tables(now(), self.dice, size)
        self.job_notes = JobNotes(self, self._invalid)
        self._gate = Gate(now, options.limits)
        self._tokens: dict[str, datetime] = {}
        self._connected = True

    def routes(self) -> Iterable[Route]:
        yield self.route("POST", "/connect/token", self._token, api=False)
        for listing in lists.LISTINGS:
            export = f"{listing.base}/export{listing.path}"
            yield self.route("GET", listing.base + listing.path, self._list(listing))
            yield self.route("GET", export, self._export(listing))
            if listing.by_id:
                yield self.route("GET", f"{listing.base}{listing.path}/{{id:int}}", self._one(listing))
        for owner, column in (("customer", "customerId"), ("location", "locationId")):
            path = f"/crm/v2/tenant/{{tenant:int}}/{owner}s/{{id:int}}/contacts"
            yield self.route("GET", path, self._contacts(owner, column))
        yield from self.job_notes.routes()

    # Being let in

    async def _token(self, request: Request) -> Response:
        """Client credentials in the form body only; whether Basic works the partner does not say: here it does not."""
        if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
            return reply({"error": "invalid_request"}, 400)
        form = await request.form()
        if form.get("grant_type") != "client_credentials":
            return reply({"error": "unsupported_grant_type"}, 400)
        known = (self.options.client_id, self.options.client_secret)
        if not self._connected or (form.get("client_id"), form.get("client_secret")) != known:
            return reply({"error": "invalid_client"}, 400)
        token = self.dice.mint("access")
        self._tokens[token] = self.now() + timedelta(seconds=self.options.token_lifetime)
        life = int(self.options.token_lifetime)
        return reply({"access_token": token, "expires_in": life, "token_type": "Bearer", "scope": SCOPE})

    async def admit(self, request: Request) -> None:
        key = request.headers.get("st-app-key") or request.query_params.get("servicetitanapplicationkey")
        if key != self.options.app_key:
            raise Refusal(self._gateway(401, "Access denied due to a missing or invalid application key."))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        expiry = self._tokens.get(token) if scheme.lower() == "bearer" else None
        if expiry is None or expiry <= self.now():
            raise Refusal(self._gateway(401, "Unauthorized. Access token is missing or invalid."))
        if request.path_params["tenant"] != self.options.tenant:
            raise Refusal(self.refuse(403, "The application has no access to this tenant."))
        if wait := self._gate.wait():
            self.violations += 1
            raise Refusal(self._slow_down(wait))

    def disconnect(self) -> None:
        """The tenant's administrator removes the app: no webhook tells of it, tokens and secret die."""
        self._connected = False
        self._tokens.clear()

    # Reading

    def _list(self, listing: lists.Listing) -> Answer:
        async def answer(request: Request) -> Response:
            def page() -> dict[str, Any]:
                query, table = request.query_params, self.table(listing.table)
                found = lists.page(listing, table, query, lists.joins(listing, self.tables, query))
                return {**found, "data": [self._shown(listing, row, request) for row in found["data"]]}

            return self._page(page)

        return answer

    def _export(self, listing: lists.Listing) -> Answer:
        async def answer(request: Request) -> Response:
            def portion() -> dict[str, Any]:
                lag, recent = (
                    iso(self.now() - timedelta(seconds=seconds))
                    for seconds in (self.options.export_lag, self.options.export_recent)
                )
                size = self.options.export_page
                found = feeds.portion(self.table(listing.table), request.query_params, size, lag, recent)
                return {**found, "data": [self._own(row, request) for row in found["data"]]}

            return self._page(portion)

        return answer

    def _one(self, listing: lists.Listing) -> Answer:
        async def answer(request: Request) -> Response:
            row = self.table(listing.table).get(request.path_params["id"])
            if row is None or (not listing.active and not row["active"]):
                return self.refuse(404, f"{listing.path[1:]} {request.path_params['id']} was not found.")
            return reply(self._shown(listing, row, request))

        return answer

    def _contacts(self, owner: str, column: str) -> Answer:
        async def answer(request: Request) -> Response:
            key = request.path_params["id"]
            if self.table(f"{owner}s").get(key) is None:
                return self.refuse(404, f"{owner} {key} was not found.")
            rows = [row for row in self.table(f"{owner}-contacts").having(column, key) if row["active"]]
            data = [{k: v for k, v in row.items() if k not in {column, "active"}} for row in rows]
            return self._page(lambda: lists.cut(data, request.query_params))

        return answer

    def _page(self, make: Callable[[], dict[str, Any]]) -> Response:
        try:
            return reply(make())
        except Invalid as invalid:
            return self._invalid(invalid.parameter, invalid.message)

    def _shown(self, listing: lists.Listing, row: Row, request: Request) -> Row:
        own = self._own(row, request)
        return {column: value for column, value in own.items() if column not in listing.hidden}

    def _own(self, row: Row, request: Request) -> Row:
        guid = request.query_params.get("externalDataApplicationGuid")
        return (
            row
            if guid == self.options.external_data_guid or not row.get("externalData")
            else {**row, "externalData": []}
        )

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        if status == 429:
            return self._slow_down(1.0)
        return self._problem(status, message or "An error occurred.", {})

    def _invalid(self, name: str, message: str) -> Response:
        return self._problem(400, "One or more validation errors occurred.", {name: [message]})

    def _problem(self, status: int, title: str, errors: dict[str, list[str]]) -> Response:
        """`ApiErrorResponse` of the partner's OpenAPI files."""
        kind = f"https://httpstatuses.io/{status}"
        body = {
            "type": kind,
            "title": title,
            "status": status,
            "traceId": self.dice.uuid(),
            "errors": errors,
            "data": {},
        }
        return reply(body, status)

    def _gateway(self, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """The shape of the gateway before the API (unverified)."""
        return reply({"statusCode": status, "message": message}, status, headers)

    def _slow_down(self, wait: float) -> Response:
        headers = {"Retry-After": str(max(1, round(wait)))} if self.options.retry_after else None
        return self._gateway(429, "Rate limit is exceeded.", headers)

    def stray(self, request: Request) -> Response:
        return self._gateway(404, f"Resource not found: {request.url.path}")

    # Changing

    def stamp(self) -> str:
        return iso(self.now())

    def new_row(self, what: str, row: Row) -> Row:
        key = self.table(what).next_number()
        number = {"jobNumber": str(key)} if what == "jobs" else {}
        return {**row, "id": key, **number, "createdOn": self.stamp(), "modifiedOn": self.stamp()}

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:
        for notice in notices(what, verb, before, after, self.tables):
            self.outbox.put(notice.topic, self.webhook_url, self._letter(notice))

    def _letter(self, notice: Notice) -> Compose:
        occurrence = self.dice.uuid()
        return lambda _: self._envelope(notice, occurrence)

    def _envelope(self, notice: Notice, occurrence: str) -> tuple[bytes, dict[str, str]]:
        """Each attempt has its own delivery `id`; `userassignedid` stays."""
        tenant: dict[str, Any] = {"tenantId": self.options.tenant, "tenantName": self.options.tenant_name}
        body = notice.envelope(tenant, delivery=self.dice.uuid(), occurrence=occurrence, time=self.stamp())
        headers = {"content-type": "application/json"}
        if self.options.webhook_key is not None:
            signature = seal(self.options.webhook_key, body, self.options.signature_encoding)
            headers[self.options.signature_header] = signature
        return body, headers


servicetitan = maker(ServiceTitan, ServiceTitanOptions)
"""A ServiceTitan with `size` jobs. Options: see ServiceTitanOptions."""
