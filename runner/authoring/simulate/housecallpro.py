"""
A simulated Housecall Pro (public API) of one company with two locations.

Sources: the vendor's OpenAPI and pages as described in public, GitHub amp-labs/connectors (providers/housecallPro),
live probes reported in public. Where they are silent, this simulation decides and says so. One app stands for both
hosts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.housecallpro_company import CompanyCalls, small_tables
from runner.authoring.simulate.housecallpro_customers import Customers
from runner.authoring.simulate.housecallpro_data import key, number, tables, written
from runner.authoring.simulate.housecallpro_errors import error, refusal
from runner.authoring.simulate.housecallpro_hooks import Hooks, appointment_events, estimate_events, job_events
from runner.authoring.simulate.housecallpro_jobs import Jobs
from runner.authoring.simulate.housecallpro_oauth import HousecallGrants
from runner.authoring.simulate.housecallpro_options import HousecallProOptions
from runner.authoring.simulate.housecallpro_shapes import Shapes
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Manners, WebhookTarget
from runner.authoring.simulate.partner import Answer, Change, Partner
from runner.authoring.simulate.table import Row

PREFIXES = {"customers": "cus", "jobs": "job", "estimates": "csr", "employees": "pro"}


class HousecallPro(Partner):
    """Tables: customers, addresses, jobs, estimates, employees, tags; what belongs to others stands there by its id."""

    name = "housecallpro"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: HousecallProOptions,
    ) -> None:
        manners = Manners(options.retries, answer_within=options.answer_within)
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=manners, stall=stall)
        self.options = options
        self.tables = {**tables(now(), self.dice, size, options), **small_tables()}
        self.shapes = Shapes(self.tables)
        self.grants = HousecallGrants(options, now, self.dice)
        self.hooks = Hooks(self.webhook_url, options, self.outbox, now)
        self._keys = {options.api_key: "company", options.application_key: "application"}
        self._gate = Gate(now, options.limits)

    def routes(self) -> Iterable[Route]:
        yield self.route("GET", "/oauth/authorize", self.grants.consents.ask, api=False)
        yield self.route("POST", "/oauth/authorize", self.grants.consents.decide, api=False)
        yield self.route("POST", "/oauth/token", self.grants.token, api=False)
        yield from CompanyCalls(self).routes()
        yield from Customers(self).routes()
        yield from Jobs(self).routes()

    # Being let in

    async def admit(self, request: Request) -> None:
        """A key behind `Token`, a token behind `Bearer`: anything else is the same 401."""
        kind = self._kind(request.headers.get("authorization", ""))
        if kind is None:
            raise refusal(401)
        asked = request.headers.get("x-company-id")
        known = self.options.locations if kind != "oauth" else self.options.reachable or self.options.locations
        if asked and asked not in known:
            raise refusal(403)
        named = [one for one in request.query_params.getlist("location_ids[]") if one in known]
        request.state.kind = kind
        request.state.companies = [asked] if asked else named or [self.options.company_id]
        if self._gate.wait(self.options.company_id):
            self.violations += 1
            raise refusal(429)

    def _kind(self, header: str) -> str | None:
        scheme, _, secret = header.partition(" ")
        if scheme == "Token":
            return self._keys.get(secret)
        return "oauth" if scheme == "Bearer" and self.grants.admitted(secret) else None

    def partners_only(self, answer: Answer) -> Answer:
        """The call, refused to a company's own key."""

        async def guarded(request: Request) -> Response:
            if request.state.kind == "company":
                raise refusal(403)
            return await answer(request)

        return guarded

    def disconnect(self) -> None:
        """The company takes its consent and its key back; nothing tells of it."""
        self.grants.end_all()
        self._keys.clear()

    # What a call is about

    def seen(self, what: str, request: Request) -> list[Row]:
        """Rows of the locations that the call is about."""
        return [row for row in self.table(what) if row["company_id"] in request.state.companies]

    def found(self, what: str, request: Request) -> Row:
        """The row of the id in the path. Raises Refusal."""
        row = self.table(what).get(request.path_params["id"])
        if row is None or row["company_id"] not in request.state.companies:
            raise refusal(404, f"{what[:-1].capitalize()} not found")
        return row

    def location(self, request: Request) -> Row:
        own = request.state.companies[0]
        return {"company_id": own, "company_name": self.options.locations[own]}

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        return error(status, message)

    def stray(self, request: Request) -> Response:
        return error(404, f"No route matches {request.url.path}")

    # Changing

    def stamp(self) -> str:
        return written(self.now())

    def new_row(self, what: str, row: Row) -> Row:
        if what not in PREFIXES:
            raise ValueError(f"{what} cannot be added here, only {', '.join(PREFIXES)}")
        own = self.table(what).next_number(number)
        fresh = {**row, "id": key(PREFIXES[what], own), "created_at": self.stamp()}
        if "updated_at" in row:
            fresh["updated_at"] = self.stamp()
        if what == "estimates":
            fresh["options"] = [{**row["options"][0], "id": key("est", 10 * own)}]
        return {**fresh, "invoice_number": str(own + 6)} if what == "jobs" else fresh

    def remove(self, what: str, id: str | int) -> None:  # noqa: A002 - the partner's word
        """A job stays, and says when it was deleted; an employee stays, inactive."""
        if what == "jobs":
            return self.change(what, id, deleted_at=self.stamp())
        if what == "employees":
            return self.change(what, id, active=False)
        return super().remove(what, id)

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:
        if what == "jobs":
            self._tell_of_job(verb, before, after)
        elif what == "estimates" and verb != "remove":
            events = ["estimate.created"] if verb == "add" else estimate_events(before, after)
            for event in events:
                self.hooks.tell(event, "estimate", self.shapes.estimate(after), after["company_id"])
        elif what == "customers":
            event = {"add": "customer.created", "change": "customer.updated", "remove": "customer.deleted"}[verb]
            self.hooks.tell(event, "customer", self.shapes.customer(after), after["company_id"])
        elif what == "employees" and verb == "add":
            self.hooks.tell("employee.created", "employee", self.shapes.employee(after), after["company_id"])

    def _tell_of_job(self, verb: Change, before: Row, after: Row) -> None:
        for event in ["job.created"] if verb == "add" else job_events(before, after):
            self.hooks.tell(event, "job", self.shapes.job(after), after["company_id"])
        if verb == "change":
            for event, one in appointment_events(before, after):
                self.hooks.tell(event, "appointment", one, after["company_id"])


housecallpro = maker(HousecallPro, HousecallProOptions, size=240)
"""A Housecall Pro company with `size` jobs. Options: see HousecallProOptions."""
