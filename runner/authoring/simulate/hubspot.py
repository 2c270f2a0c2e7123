"""
A simulated HubSpot CRM: deals, contacts, companies, owners, notes.

Sources: GitHub HubSpot/HubSpot-public-api-spec-collection (CRM v3 and v4, Auth, Webhooks), developers.hubspot.com
(usage-guidelines, error-handling, search guide, validating-requests). Date-based paths of objects, lists of properties
with their history, pipelines other than those of deals and the webhooks journal are not simulated. One app stands for
both hosts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import Refusal, reply
from runner.authoring.simulate.consents import bearer_of
from runner.authoring.simulate.hubspot_data import BY_NAME, OWN, shown_owner, tables, written
from runner.authoring.simulate.hubspot_errors import Errors
from runner.authoring.simulate.hubspot_hooks import Happening, Hooks, changed, tied
from runner.authoring.simulate.hubspot_links import Links
from runner.authoring.simulate.hubspot_meter import Meter
from runner.authoring.simulate.hubspot_oauth import Installs, scopes_of
from runner.authoring.simulate.hubspot_objects import Objects
from runner.authoring.simulate.hubspot_options import HubSpotOptions
from runner.authoring.simulate.hubspot_pipelines import pipelines
from runner.authoring.simulate.hubspot_ties import End, seeded
from runner.authoring.simulate.making import maker
from runner.authoring.simulate.outbox import Manners, WebhookTarget
from runner.authoring.simulate.partner import Change, Partner
from runner.authoring.simulate.table import Row

BY_USER: Row = {"changeSource": "CRM_UI", "sourceId": "userId:111"}
BY_API: Row = {"changeSource": "INTEGRATION"}
BY_TABLE = {kind.table: kind for kind in BY_NAME.values() if kind.told}


class HubSpot(Partner):
    """Tables: deals, contacts, companies, owners, notes; ids are numbers in texts, properties texts or null."""

    name = "hubspot"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        size: int,
        webhooks: WebhookTarget | None,
        stall: Callable[[], Awaitable[None]],
        options: HubSpotOptions,
    ) -> None:
        manners = Manners(options.retries, accepts=lambda status: status < 400, answer_within=options.answer_within)
        super().__init__(now=now, seed=seed, webhooks=webhooks, manners=manners, stall=stall)
        self.options = options
        self.errors = Errors(self.dice.uuid)
        self.tables = tables(now(), self.dice, size)
        self.ties = seeded(self.tables)
        self.grants = Installs(options, now, self.dice, self.errors)
        columns = {what: [name for name in table.model() if name not in OWN] for what, table in self.tables.items()}
        self.hooks = Hooks(self, options, columns)
        self.objects = Objects(self, options, now)
        self._links = Links(self, options, now, self._tied)
        self._private = options.private_token
        self._meter = Meter(options, now)
        self._source = BY_USER

    def routes(self) -> Iterable[Route]:
        yield from self.grants.routes(lambda method, path, answer: self.route(method, path, answer, api=False))
        yield self.route("GET", "/crm/v3/owners", self._owners)
        yield self.route("GET", "/crm/v3/pipelines/deals", self._pipelines)
        yield from self._links.routes()
        yield from self.objects.routes()
        yield from self.hooks.routes()

    # Being let in

    async def admit(self, request: Request) -> None:
        """From here on, whatever is changed is the app's own doing."""
        if len(str(request.url)) > self.options.longest_url:
            raise self.errors.refusal(414, "Request-URI Too Long")
        token = bearer_of(request)
        scopes = self._scopes(token)
        if missing := scopes_of(request) - {*scopes}:
            message = "This app hasn't been granted all required scopes to make this call."
            raise self.errors.refusal(403, message, context={"requiredScopes": sorted(missing)})
        private = token == self._private
        if policy := self._meter.over(search=request.url.path.endswith("/search"), private=private):
            self.violations += 1
            raise Refusal(self.errors.limited(policy))

    def _scopes(self, token: str) -> tuple[str, ...]:
        """Raises Refusal."""
        if token and token == self._private:
            return self.options.scopes
        grant = self.grants.admitted(token)
        if grant is None:
            expired = self.grants.has_expired(token)
            message = (
                "The OAuth token used to make this call is expired"
                if expired
                else "Authentication credentials not found"
            )
            raise self.errors.refusal(401, message, category="EXPIRED_AUTHENTICATION" if expired else "")
        return grant.scopes

    def route(
        self, method: str, path: str, answer: Callable[[Request], Awaitable[Response]], *, api: bool = True
    ) -> Route:
        """Answers of the API say how much is left, but for those of searches."""

        async def counted(request: Request) -> Response:
            self._source = BY_API
            try:
                response = await answer(request)
            finally:
                self._source = BY_USER
            if not path.endswith("/search"):
                response.headers.update(self._meter.left(private=bearer_of(request) == self._private))
            return response

        return super().route(method, path, counted if api else answer, api=api)

    def disconnect(self) -> None:
        """The account uninstalls the app: all tokens are dead; no webhook tells of it."""
        self.grants.end_all()
        self._private = ""

    # Owners and pipelines

    async def _owners(self, request: Request) -> Response:
        query = request.query_params
        limit, after = int(query.get("limit", "100")), int(query.get("after", "0"))
        if not 1 <= limit <= 500:
            raise self.errors.refusal(400, "limit must be between 1 and 500")
        archived, email = query.get("archived", "false") == "true", query.get("email")
        rows = [row for row in self.table("owners") if row["archived"] == archived and email in {None, row["email"]}]
        page: Row = {"results": [shown_owner(row) for row in rows[after : after + limit]]}
        if after + limit < len(rows):
            page["paging"] = {"next": {"after": str(after + limit)}}
        return reply(page)

    async def _pipelines(self, _: Request) -> Response:
        return reply({"results": pipelines(written(self.now()))})

    # Saying no

    def refuse(self, status: int, message: str = "") -> Response:
        if status == 429:
            return self.errors.limited("TEN_SECONDLY_ROLLING")
        return self.errors.answer(status, message or "There was a problem with the request.")

    def stray(self, request: Request) -> Response:
        return self.errors.answer(404, f"resource not found: {request.url.path}")

    # Changing

    def stamp(self) -> datetime:
        return self.now()

    def new_row(self, what: str, row: Row) -> Row:
        key = str(self.table(what).next_number())
        return {**row, "id": key, "archived": False, "created": self.now(), "updated": self.now(), "archivedAt": None}

    def remove(self, what: str, id: str | int) -> None:  # noqa: A002 - the partner's word
        """Objects are archived, and can be restored."""
        self.change(what, id, archived=True, archivedAt=self.now())

    def forget(self, contact: str) -> None:
        """A contact is deleted for good, as privacy laws ask."""
        self.table("contacts").remove(contact)
        self.ties.forget(End("contact", contact))
        self._tell(Happening("contact.privacyDeletion", {"objectId": int(contact)}))

    def merge(self, kind: str, primary: str, away: str) -> str:
        """Two objects become a third one, whose id is new; returns it."""
        what = BY_NAME[kind].table
        table = self.table(what)
        row = table.add({**table.row(primary), **self.new_row(what, {})})
        for old in (primary, away):
            self.ties.move(End(kind, old), End(kind, row["id"]))
            table.change(old, {"archived": True, "archivedAt": self.now()}, self.now())
        said = {"objectId": int(row["id"]), "primaryObjectId": int(primary), "mergedObjectIds": [int(away)]}
        moved = {"newObjectId": int(row["id"]), "numberOfPropertiesMoved": 0}
        self._tell(Happening(f"{kind}.merge", {**said, **moved}))
        return str(row["id"])

    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:
        """One event for each property that changed."""
        if what not in BY_TABLE:
            return
        kind, said = BY_TABLE[what], {"objectId": int(after["id"])}
        if verb == "add":
            self._tell(Happening(f"{kind.name}.creation", {**said, "changeFlag": "CREATED"}))
        elif before["archived"] != after["archived"]:
            word, flag = ("deletion", "DELETED") if after["archived"] else ("restore", "RESTORED")
            self._tell(Happening(f"{kind.name}.{word}", {**said, "changeFlag": flag}))
        else:
            self._tell(*changed(kind, said, before, after))

    def _tied(self, one: End, other: End, removed: bool) -> None:
        """Two events for each change, one from either end."""
        if BY_NAME[one.kind].told and BY_NAME[other.kind].told:
            self._tell(*(tied(ends, removed) for ends in ((one, other), (other, one))))

    def _tell(self, *happened: Happening) -> None:
        self.hooks.tell(*happened, source=self._source)


hubspot = maker(HubSpot, HubSpotOptions)
"""A HubSpot account with `size` deals. Options: see HubSpotOptions."""
