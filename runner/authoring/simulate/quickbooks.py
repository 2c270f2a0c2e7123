"""
A simulated QuickBooks Online (accounting API v3), with Agave as the second way to the same company.

Sources: developer.intuit.com (authentication-and-authorization, data-queries, limits-and-throttles, webhooks,
handling-common-errors), GitHub intuit/oauth-jsclient and ej2/python-quickbooks, recorded sandbox answers in
NangoHQ/integration-templates. Where they are silent, this module and its neighbours decide and say so. One app stands
for all of Intuit's hosts and for Agave's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.agave import Agave
from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.consents import bearer_of
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Manners, WebhookTarget
from runner.authoring.simulate.partner import Change, Partner
from runner.authoring.simulate.quickbooks_books import TABLES, Books, Gone
from runner.authoring.simulate.quickbooks_data import tables
from runner.authoring.simulate.quickbooks_events import Notices, Operation
from runner.authoring.simulate.quickbooks_faults import Fault, broken, gateway, refusal, throttled
from runner.authoring.simulate.quickbooks_ledger import Ledger, written_now
from runner.authoring.simulate.quickbooks_oauth import IntuitGrants
from runner.authoring.simulate.quickbooks_options import QuickBooksOptions
from runner.authoring.simulate.table import Row

ENTITIES = {what: entity for entity, what in TABLES.items()}
OPERATIONS: dict[Change, Operation] = {"add": "Create", "change": "Update", "remove": "Delete"}


class QuickBooks(Partner):
    """Tables: customers, payments, estimates; ids are numbers in texts."""

    name = "quickbooks"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: QuickBooksOptions,
    ) -> None:
        manners = Manners(options.retries, accepts=lambda status: status == 200, answer_within=options.answer_within)
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=manners, stall=stall)
        self.options = options
        self.tables = tables(now(), self.dice, size)
        self.grants = IntuitGrants(options, now, self.dice)
        self.books = Books(
            self.tables,
            add=self.add,
            change=self.change,
            remove=self.remove,
            inactive_found=options.inactive_found,
        )
        self.agave = Agave(options, self.tables, self.books, now, self.dice, violated=self._violated)
        self.notices = Notices(options, self.outbox, self.webhook_url, now, self.dice.uuid)
        self.gone: list[Gone] = []
        self._trouble = ""
        self._gate = Gate(now, options.limits)
        self._batch_gate = Gate(now, options.batch_limits)
        self._ledger = Ledger(options, self.books, self.gone, now, self.dice)

    def routes(self) -> Iterable[Route]:
        yield self.route("GET", "/connect/oauth2", self.grants.consents.ask, api=False)
        yield self.route("POST", "/connect/oauth2", self.grants.consents.decide, api=False)
        yield self.route("POST", "/oauth2/v1/tokens/bearer", self.grants.token, api=False)
        for name in ("openid-configuration", "openid-sandbox-configuration"):
            yield self.route("GET", f"/.well-known/{name}", self.grants.discover, api=False)
        yield self.route("POST", "/v2/oauth2/tokens/revoke", self.grants.revoke, api=False)
        yield self.route("GET", "/v1/openid_connect/userinfo", self.grants.person, api=False)
        yield from self._ledger.routes(self.route)
        yield from self.agave.routes(lambda method, path, answer: self.route(method, path, answer, api=False))

    # Being let in

    async def admit(self, request: Request) -> None:
        token = bearer_of(request)
        grant = self.grants.admitted(token)
        if grant is None:
            expired = self.grants.has_expired(token)
            raise Refusal(gateway(401, "3200", f"Token {'expired' if expired else 'invalid'}"))
        if request.path_params["realm"] != self.options.realm_id or "accounting" not in " ".join(grant.scopes):
            raise Refusal(gateway(403, "3100", "The application is not connected to this company"))
        if self._trouble:
            raise refusal(Fault(self._trouble), written_now(self.now()))
        gates = [self._gate] + ([self._batch_gate] if request.url.path.endswith("/batch") else [])
        if any(gate.wait() for gate in gates):
            self._violated()
            raise Refusal(self.refuse(429))

    def _violated(self) -> None:
        self.violations += 1

    def disconnect(self) -> None:
        """A user disconnects the app inside QuickBooks: all tokens stop at once, and no webhook tells of it."""
        self.grants.end_all()
        self.agave.unlink()

    def trouble(self, code: str) -> None:
        """From now on every call fails: `120`, who connected is no administrator any more; `6190`, the subscription
        has ended; empty, all is well again."""
        self._trouble = code

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        if status == 429:
            return throttled(self.options.throttle_code, written_now(self.now()))
        return gateway(status, "3200", message) if status == 401 else broken(status)

    def stray(self, request: Request) -> Response:
        return refusal(
            Fault("500", f"Operation {request.method} {request.url.path} is not supported"), written_now(self.now())
        ).response

    # Changing

    def stamp(self) -> datetime:
        return self.now().astimezone(UTC).replace(microsecond=0)

    def new_row(self, what: str, row: Row) -> Row:
        key = str(self.table(what).next_number())
        return {**row, "id": key, "Id": key, "SyncToken": "0", "created": self.stamp(), "updated": self.stamp()}

    def change(self, what: str, id: str | int, **fields: Any) -> None:  # noqa: A002 - the partner's word
        """Every edit moves the SyncToken."""
        moved = str(int(self.table(what).row(id)["SyncToken"]) + 1)
        super().change(what, id, **{"SyncToken": moved, **fields})

    def remove(self, what: str, id: str | int) -> None:  # noqa: A002 - the partner's word
        """Transactions are deleted; customers cannot be: they are made inactive."""
        if what == "customers":
            self.change(what, id, Active=False)
            return
        self.gone.append(Gone(ENTITIES[what], str(id), self.stamp()))
        super().remove(what, id)

    def merge(self, survivor: str, away: str) -> None:
        """A user merges two customers: payments and estimates go over, one event tells of both ids."""
        customers = self.table("customers")
        customers.change(
            away, {"Active": False, "DisplayName": f"{customers.row(away)['DisplayName']} (deleted)"}, self.stamp()
        )
        named = {"value": survivor, "name": customers.row(survivor)["FullyQualifiedName"]}
        for what in ("payments", "estimates"):
            for row in [row for row in self.table(what) if row["CustomerRef"]["value"] == away]:
                self.table(what).change(row["id"], {"CustomerRef": named}, self.stamp())
        self.notices.tell(self.notices.notice("Customer", survivor, "Merge", away))

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:
        """A payment moves its customer's balance, and with it the time of change, but not the SyncToken."""
        operation: Operation = OPERATIONS[verb]
        if what == "payments" and verb == "change" and before["TotalAmt"] and not after["TotalAmt"]:
            operation = "Void"
        notices = [self.notices.notice(ENTITIES[what], after["Id"], operation)]
        paid = (0 if verb == "remove" else after.get("TotalAmt", 0)) - before.get("TotalAmt", 0)
        if what == "payments" and paid:
            key = after["CustomerRef"]["value"]
            balance = round(self.table("customers").row(key)["Balance"] - paid, 2)
            self.table("customers").change(key, {"Balance": balance, "BalanceWithJobs": balance}, self.stamp())
            notices.append(self.notices.notice("Customer", key, "Update"))
        self.notices.tell(*notices)


quickbooks = maker(QuickBooks, QuickBooksOptions)
"""A QuickBooks company with `size` customers. Options: see QuickBooksOptions."""
