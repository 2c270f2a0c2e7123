"""The API for the host's backend: connect companies, see how they stand, sync now, read records and deliveries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runner.engine import connect
from runner.engine.disconnect import disconnect
from runner.engine.house import House
from runner.engine.pause import pause, resume
from runner.engine.redirects import check_redirect
from runner.errors import NotFound
from runner.model.event import EventState
from runner.model.integration import Integration, Reason, State
from runner.model.push import PushState
from runner.model.run import RunState
from runner.model.secret import Secret
from runner.model.wakeup import WakeUp
from runner.service import api_shapes as shapes
from runner.service import tickets
from runner.service.asked import check_connector, check_integration, check_kind
from runner.service.operation import Handler, Operation, body_of, json, openapi, query_of, routes
from runner.service.overview import standing, sync_names
from runner.service.problems import Problem
from runner.service.shapes import ChangeShape, EventShape, IntegrationShape, PushShape, RecordShape, RunShape
from runner.store import changes, events, feed, integrations, pushes, runs
from runner.store.events import EventFilter

T = TypeVar("T")

_CONNECT = (
    "The integration is made, or one that is not active is taken up again. `authorize_url` is the link to send the "
    "company's admin to: there a page asks for what is missing and leads to the partner's consent where one is needed. "
    "It is taken up by one browser, once, before `authorize_before`. Where all settings are given and nobody must "
    "consent, the credentials are tried at once: `active` when they work, and then there is no link. Credentials "
    "that the partner refuses are no failure of this request: the answer is 201 with state `error`, and "
    "`integration.reason` says why and what to do; send the mended settings again, or the admin the link. 409 when the "
    "company is connected already: `POST /api/integrations/{id}/link` is the way to consent anew."
)
_LINK = (
    "A link for an integration in any state: to connect it, to connect it again with the same account, or to fill in "
    "other settings. One that works goes on working until the partner took the new ones. Links made earlier stay good "
    "for their time."
)
_DISCONNECT = (
    "The state becomes `disabled` at once; the credential is forgotten when it was revoked at the partner, or a day "
    "later where that cannot be. Records, events and links stay, and the same integration is taken up again by "
    "connecting the company anew. Doing it twice does nothing more. Deleting what is kept is for the operator: "
    "`runner integrations --remove`."
)


class Api:
    """The handlers of `/api`; every one needs a key, as `Authorization: Bearer <key>` or `X-API-Key`."""

    def __init__(self, house: House, keys: Sequence[Secret]) -> None:
        self._house = house
        self._keys = tuple(keys)
        self.operations = [
            self._reads("/api/integrations", "listIntegrations", "Integrations", self.listed, shapes.IntegrationList,
                        shapes.WhichIntegrations),
            Operation("POST", "/api/integrations", "connect", "Connect a company to a partner", self.connect,
                      shapes.Connecting, takes=shapes.Connect, status=201, description=_CONNECT, fails=(404, 409)),
            Operation("POST", "/api/integrations/{id}/link", "makeLink", "A new connect link", self.link,
                      shapes.Connecting, takes=shapes.MakeLink, status=201, description=_LINK),
            self._reads("/api/integrations/{id}", "readIntegration", "One integration and its syncs", self.read,
                        shapes.IntegrationDetail),
            Operation("DELETE", "/api/integrations/{id}", "disconnect", "Switch an integration off", self.disconnect,
                      shapes.Connecting, description=_DISCONNECT),
            Operation("POST", "/api/integrations/{id}/sync", "syncNow", "Run syncs as soon as may be", self.sync,
                      shapes.Queued, takes=shapes.SyncNow, status=202, fails=(409,)),
            Operation("POST", "/api/integrations/{id}/pause", "pauseSchedules", "Let schedules stand still", self.pause,
                      shapes.Paused, takes=shapes.WhichSchedules),
            Operation("POST", "/api/integrations/{id}/resume", "resumeSchedules", "Let schedules go on", self.resume,
                      shapes.Paused, takes=shapes.WhichSchedules),
            self._reads("/api/records", "listRecords", "Records in the order of change", self.records,
                        shapes.RecordPage, shapes.WhichRecords),
            self._reads("/api/changes", "listChanges", "What became of integrations, in order", self.changes,
                        shapes.ChangePage, shapes.WhichChanges),
            self._reads("/api/runs", "listRuns", "Runs of syncs", self.runs, shapes.Runs, shapes.WhichRuns),
            self._reads("/api/deliveries", "listDeliveries", "Events and pushes", self.deliveries, shapes.Deliveries,
                        shapes.WhichDeliveries),
        ]  # fmt: skip

    def routes(self) -> list[Route]:
        """All routes of the API; the document alone needs no key, since it holds none."""
        document = Route("/api/openapi.json", self.document, methods=["GET"])
        return [document, *routes(self.operations, self._guarded)]

    async def document(self, _: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(openapi(self.operations, self._house.base_url))

    async def listed(self, request: Request) -> Response:
        """Integrations that fit the query."""
        asked = query_of(request, shapes.WhichIntegrations)
        check_connector(self._house, asked.connector)
        state = State(asked.state) if asked.state else None
        found = await self._read(lambda c: integrations.find(c, asked.company, asked.connector, state))
        return json(shapes.IntegrationList(integrations=[IntegrationShape.of(one) for one in found]))

    async def connect(self, request: Request) -> Response:
        """Begin an integration; where it is not connected by that, the answer holds the link."""
        asked = await body_of(request, shapes.Connect)
        check_redirect(self._house, asked.redirect_to)
        found = await connect.begin(
            self._house, asked.company, asked.connector, asked.environment, asked.settings, asked.way, later=True
        )
        return json(self._connecting(found, asked.redirect_to), 201)

    async def link(self, request: Request) -> Response:
        """Another link for an integration."""
        asked = await body_of(request, shapes.MakeLink)
        return json(self._linked(await self._integration(request), asked.redirect_to), 201)

    async def read(self, request: Request) -> Response:
        """One integration with its syncs."""
        found = await self._integration(request)
        names = sync_names(self._house.connectors, found)
        stands = await self._read(lambda c: standing(c, found, names))
        told = self._connecting(found, None)
        return json(shapes.IntegrationDetail(**dict(told), health=stands.health, syncs=[*stands.syncs]))

    async def disconnect(self, request: Request) -> Response:
        """Switch one off; its records stay."""
        found = await self._integration(request)
        reason = Reason("disconnected", "The host disconnected it", "Connect it again")
        await disconnect(self._house, found, reason)
        return json(self._connecting(await self._integration(request), None))

    async def sync(self, request: Request) -> Response:
        """Put the wake-ups of syncs."""
        asked = await body_of(request, shapes.SyncNow)
        found = await self._integration(request)
        names = sync_names(self._house.connectors, found)
        if found.state is not State.ACTIVE:
            raise Problem(409, "not-active", f"the integration is {found.state.value}", "connect it first")
        if asked.sync is not None and asked.sync not in names:
            raise NotFound(f"{found.connector} has no sync {asked.sync} (there are: {', '.join(names) or 'none'})")
        wanted = [asked.sync] if asked.sync else names

        def work(connection: Connection) -> None:
            for name in wanted:
                wakeup = WakeUp("sync", found.id, name, priority=1, options={"full": True} if asked.full else {})
                self._house.store.queue.put(connection, wakeup)

        await self._house.store.database.write(work)
        return json(shapes.Queued(queued=wanted), 202)

    async def pause(self, request: Request) -> Response:
        """Let schedules stand still; syncs that somebody asks for run all the same."""
        asked = await body_of(request, shapes.WhichSchedules)
        return json(shapes.Paused(paused=await pause(self._house, await self._integration(request), asked.sync)))

    async def resume(self, request: Request) -> Response:
        """Let schedules go on."""
        asked = await body_of(request, shapes.WhichSchedules)
        return json(shapes.Paused(paused=await resume(self._house, await self._integration(request), asked.sync)))

    async def records(self, request: Request) -> Response:
        """The next records of the feed."""
        asked = query_of(request, shapes.WhichRecords)
        check_kind(self._house, asked.kind)
        check_connector(self._house, asked.connector)
        await check_integration(self._house, asked.integration)
        found = await self._read(lambda c: _page(c, asked))
        last = found[-1].sequence if found else asked.after
        return json(shapes.RecordPage(records=found, next=last))

    async def changes(self, request: Request) -> Response:
        """The next changes of integrations: what the host may have missed."""
        asked = query_of(request, shapes.WhichChanges)
        found = await self._read(
            lambda c: changes.find(c, asked.integration, asked.company, after=asked.after, limit=asked.limit)
        )
        last = found[-1].change.id if found else asked.after
        return json(shapes.ChangePage(changes=[ChangeShape.of(one) for one in found], next=last))

    async def runs(self, request: Request) -> Response:
        """The latest runs of syncs."""
        asked = query_of(request, shapes.WhichRuns)
        await check_integration(self._house, asked.integration)
        state = RunState(asked.state) if asked.state else None
        found = await self._read(lambda c: runs.find(c, asked.integration, asked.sync, state, asked.limit))
        return json(shapes.Runs(runs=[RunShape.of(one) for one in found]))

    async def deliveries(self, request: Request) -> Response:
        """The latest events and pushes."""
        asked = query_of(request, shapes.WhichDeliveries)
        await check_integration(self._house, asked.integration)
        chosen = EventFilter(integration_id=asked.integration, state=EventState.DEAD if asked.failed else None)
        state = PushState.FAILED if asked.failed else None
        told = await self._read(lambda c: events.find(c, chosen, asked.limit))
        sent = await self._read(lambda c: pushes.find(c, destination=asked.integration, state=state, limit=asked.limit))
        found = shapes.Deliveries(
            events=[EventShape.of(one) for one in told], pushes=[PushShape.of(one) for one in sent]
        )
        return json(found)

    def _reads(
        self,
        path: str,
        name: str,
        summary: str,
        handler: Handler,
        gives: type[BaseModel],
        asks: type[BaseModel] | None = None,
    ) -> Operation:
        return Operation("GET", path, name, summary, handler, gives, asks=asks)

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
            given = bearer.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
            self._check(given)
            return await handler(request)

        return guarded

    def _check(self, given: str) -> None:
        """Compare with every key, each in constant time."""
        if not self._keys:
            raise Problem(401, "no-api-key", "the API is shut: no key is set", "set RUNNER_API_KEYS and start again")
        if not sum(key.matches(given) for key in self._keys):
            raise Problem(401, "bad-api-key", "the key is missing or wrong", "send it as Authorization: Bearer <key>")

    def _connecting(self, found: Integration, redirect_to: str | None) -> shapes.Connecting:
        """An integration, with a link as long as it is not connected."""
        if found.state is not State.ACTIVE:
            return self._linked(found, redirect_to)
        return shapes.Connecting(integration=IntegrationShape.of(found), authorize_url=None, authorize_before=None)

    def _linked(self, found: Integration, redirect_to: str | None) -> shapes.Connecting:
        made = tickets.link(self._house, found, redirect_to)
        shown = IntegrationShape.of(found)
        return shapes.Connecting(integration=shown, authorize_url=made.url, authorize_before=made.expires_at)

    async def _integration(self, request: Request) -> Integration:
        wanted = request.path_params["id"].replace("\0", "?")  # a null is in no id, and PostgreSQL fails at it
        return await self._read(lambda c: integrations.get(c, wanted))

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._house.store.database.read(work)


def _page(connection: Connection, asked: shapes.WhichRecords) -> list[RecordShape]:
    found = feed.find(
        connection,
        asked.integration,
        asked.kind,
        company=asked.company,
        connector=asked.connector,
        after=asked.after,
        limit=asked.limit,
    )
    owners = integrations.named(connection, {one.integration_id for one in found})
    return [RecordShape.of(one, owners[one.integration_id]) for one in found]
