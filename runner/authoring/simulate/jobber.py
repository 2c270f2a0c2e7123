"""
A simulated Jobber (GraphQL).

Sources: developer.getjobber.com/docs (app_authorization, refresh_token_rotation, app_lifecycle,
api_queries_and_mutations, api_rate_limits, api_versioning, setting_up_webhooks), the partner's sample app,
and public notes of the live schema. Where they are silent, this module decides and says so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta, timezone
from functools import lru_cache

import orjson
from graphql import DocumentNode, GraphQLError, execute_sync, parse, validate
from graphql.execution import ExecutionResult
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from runner.authoring.simulate.answers import Refusal, json_body, reply
from runner.authoring.simulate.jobber_cost import Bill, actual
from runner.authoring.simulate.jobber_data import gid, iso, number_of, tables
from runner.authoring.simulate.jobber_notes import JobNotes
from runner.authoring.simulate.jobber_oauth import Grants
from runner.authoring.simulate.jobber_options import JobberOptions
from runner.authoring.simulate.jobber_resolve import answer_field, resolvers, schema
from runner.authoring.simulate.limits import Budget, Gate
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Manners, WebhookTarget
from runner.authoring.simulate.partner import Change, Partner
from runner.authoring.simulate.table import Row

DOCUMENTATION = "https://developer.getjobber.com/docs/using_jobbers_api/api_rate_limits"
GONE = "User has disconnected this app from their account. Please delete this token"
ACCOUNT_ID = gid("Account", 1)
OFFSET = timezone(timedelta(hours=-6))
TOPICS = {"clients": "CLIENT", "properties": "PROPERTY", "jobs": "JOB", "visits": "VISIT", "users": "USER"}
VERBS: dict[Change, str] = {"add": "CREATE", "change": "UPDATE", "remove": "DESTROY"}
KINDS = {"clients": "Client", "properties": "Property", "jobs": "Job", "visits": "Visit", "users": "User"}
BELOW = {"clients": ("clientId", ("visits", "jobs", "properties")), "properties": ("propertyId", ("visits", "jobs"))}


class Jobber(Partner):
    """Tables: clients, properties, jobs, visits, users; ids are the schema's opaque ones."""

    name = "jobber"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: JobberOptions,
    ) -> None:
        manners = Manners(options.retries, answer_within=options.answer_within)
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=manners, stall=stall)
        self.options = options
        self.tables = tables(now(), self.dice, size)
        self.account: Row = {"id": ACCOUNT_ID, "name": options.account_name}
        self.grants = Grants(options, now, self.dice, ACCOUNT_ID, self._connected)
        self.notes = JobNotes(self.tables["jobs"], self.stamp)
        self._resolvers = resolvers(self.tables, self.account, self.disconnect, self.notes)
        self._gate = Gate(now, options.limits)
        self._budget = Budget(now, options.budget, options.restore)

    def routes(self) -> Iterable[Route]:
        yield self.route("GET", "/api/oauth/authorize", self.grants.consents.ask, api=False)
        yield self.route("POST", "/api/oauth/authorize", self.grants.consents.decide, api=False)
        yield self.route("POST", "/api/oauth/token", self.grants.token, api=False)
        yield self.route("POST", "/api/graphql", self._graphql)

    # Being let in

    async def admit(self, request: Request) -> None:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Refusal(self.refuse(415, "Content-Type must be application/json"))
        if not await self._introspects(request):
            self._admit_token(request.headers.get("authorization", ""))
        if self._gate.wait():
            self.violations += 1
            raise Refusal(self.refuse(429))
        version = request.headers.get("x-jobber-graphql-version", "")
        if version not in self.options.versions:
            raise Refusal(self.refuse(404, f"GraphQL API version '{version}' does not exist"))

    def _admit_token(self, header: str) -> None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "bearer" and self.grants.stands(token):
            return
        raise Refusal(self.refuse(401, GONE if self.grants.dropped(token) else "Token not recognized"))

    async def _introspects(self, request: Request) -> bool:
        """The schema may be asked for without a token."""
        body = await json_body(request)
        document = _parsed(body.get("query")) if isinstance(body, dict) else None
        return isinstance(document, DocumentNode) and Bill(document, {}).introspects_only()

    def _connected(self) -> None:
        self._tell("APP_CONNECT", self.options.app_id)

    def disconnect(self) -> None:
        """An administrator removes the app: its tokens die and a webhook tells of it."""
        self.grants.drop()
        self._tell("APP_DISCONNECT", self.options.app_id)

    # Answering queries

    async def _graphql(self, request: Request) -> Response:
        body = await json_body(request)
        document = _parsed(body.get("query")) if isinstance(body, dict) else None
        variables = (body.get("variables") or {}) if document is not None else {}
        if document is None or not isinstance(variables, dict):
            return self.refuse(400, "Invalid query")
        if isinstance(document, list):
            return reply({"errors": [error.formatted for error in document]})
        bill = Bill(document, variables)
        requested = bill.requested()
        if requested > self._budget.available():
            self.violations += 1
            return self._throttled(requested)
        result = execute_sync(
            schema(),
            document,
            variable_values=variables,
            operation_name=body.get("operationName"),
            context_value=self._resolvers,
            field_resolver=answer_field,
        )
        return self._answer(result, requested, request.headers["x-jobber-graphql-version"])

    def _answer(self, result: ExecutionResult, requested: int, version: str) -> Response:
        used = min(requested, actual(result.data))
        self._budget.spend(used)
        body: Row = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
        extensions = {"cost": self._cost(requested, used), "versioning": {"version": version}}
        return reply({**body, "data": result.data, "extensions": extensions})

    def _cost(self, requested: int, used: int) -> Row:
        status = {
            "maximumAvailable": self._budget.maximum,
            "currentlyAvailable": self._budget.available(),
            "restoreRate": self._budget.restore,
        }
        return {"requestedQueryCost": requested, "actualQueryCost": used, "throttleStatus": status}

    def _throttled(self, requested: int) -> Response:
        """`data` is missing; what to look at is the code, not the status."""
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": DOCUMENTATION}}
        body = {"errors": [error], "extensions": {"cost": self._cost(requested, 0)}}
        return reply(body, self.options.throttled_status)

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        """Before GraphQL errors are flat; a 429 is plain text without Retry-After."""
        if status == 429:
            return PlainTextResponse("Too Many Requests", status)
        return reply({"message": message or "Service temporarily unavailable"}, status)

    def stray(self, request: Request) -> Response:
        return self.refuse(404, f"Nothing at {request.url.path}")

    # Changing

    def stamp(self) -> str:
        return iso(self.now())

    def new_row(self, what: str, row: Row) -> Row:
        number = self.table(what).next_number(number_of)
        times: Row = {name: self.stamp() for name in ("createdAt", "updatedAt") if name in row}
        return {**row, "id": gid(KINDS[what], number), **times}

    def remove(self, what: str, id: str | int) -> None:  # noqa: A002 - the partner's word
        """What hangs on a client or a property goes with it."""
        column, tables_below = BELOW.get(what, ("", ()))
        for below in tables_below:
            for row in list(self.table(below).having(column, id)):
                self.remove(below, row["id"])
        super().remove(what, id)

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:
        """A change of a property does not move its client's `updatedAt`: nothing public says that it does."""
        self._tell(f"{TOPICS[what]}_{VERBS[verb]}", after["id"])
        if what == "visits" and after["isComplete"] and verb == "change" and not before["isComplete"]:
            self._tell("VISIT_COMPLETE", after["id"])

    def _tell(self, topic: str, item: str) -> None:
        occurred = "occuredAt" if self.options.old_spelling else "occurredAt"
        moment = self.now().astimezone(OFFSET).isoformat(timespec="seconds")
        event = {"topic": topic, "appId": self.options.app_id, "accountId": ACCOUNT_ID, "itemId": item}
        body = orjson.dumps({"data": {"webHookEvent": {**event, occurred: moment}}})
        signature = seal(self.options.client_secret, body)
        headers = {"content-type": "application/json", "X-Jobber-Hmac-SHA256": signature}
        self.outbox.put(topic, self.webhook_url, lambda _: (body, headers), copies=self.options.duplicates)


def _parsed(query: object) -> DocumentNode | list[GraphQLError] | None:
    return _judged(query) if isinstance(query, str) and query.strip() else None


@lru_cache(256)
def _judged(query: str) -> DocumentNode | list[GraphQLError]:
    """A query as it is run, or what is wrong with it."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return [error]
    return validate(schema(), document) or document


def seal(secret: str, body: bytes) -> str:
    """base64(HMAC-SHA256) over the raw body; the key is the app's OAuth client secret."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


jobber = maker(Jobber, JobberOptions)
"""A Jobber with `size` clients. Options: see JobberOptions."""
