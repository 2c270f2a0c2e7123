"""The API of integrations: connect companies, see how they stand, sync now, let schedules stand still."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from runner.engine.house import House
from runner.engine.integrations import connect
from runner.engine.integrations.disconnect import disconnect
from runner.engine.integrations.redirects import check_redirect
from runner.engine.syncs.pause import pause, resume
from runner.errors import NotFound
from runner.model.integration import Integration, Reason, State
from runner.model.wakeup import WakeUp
from runner.service import api_shapes as shapes
from runner.service import tickets
from runner.service.asked import check_connector
from runner.service.operation import Operation, body_of, json, query_of, reads
from runner.service.overview import standing, sync_names
from runner.service.problems import Problem
from runner.service.shapes import IntegrationShape
from runner.store import integrations

T = TypeVar("T")

_CONNECT = (
    "The integration is made, or one that is not active is taken up again; where a company may have many, one that was "
    "begun with the same settings. `authorize_url` is the link to send the "
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
    "The state becomes `disabled` at once, and the answer waits for no partner: a worker revokes there, and ends the "
    "webhooks that were asked for; the credential is forgotten when it was revoked at the partner, or a day "
    "later where that cannot be. Records, events and links stay, and the same integration is taken up again by "
    "connecting the company anew. Doing it twice does nothing more. Deleting what is kept is for the operator: "
    "`runner integrations --remove`."
)


class IntegrationsApi:
    """The handlers of `/api/integrations`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.operations = [
            reads("/api/integrations", "listIntegrations", "Integrations", self.listed, shapes.IntegrationList,
                  shapes.WhichIntegrations),
            Operation("POST", "/api/integrations", "connect", "Connect a company to a partner", self.connect,
                      shapes.Connecting, takes=shapes.Connect, status=201, description=_CONNECT, fails=(404, 409)),
            Operation("POST", "/api/integrations/{id}/link", "makeLink", "A new connect link", self.link,
                      shapes.Connecting, takes=shapes.MakeLink, status=201, description=_LINK),
            reads("/api/integrations/{id}", "readIntegration", "One integration and its syncs", self.read,
                  shapes.IntegrationDetail),
            Operation("DELETE", "/api/integrations/{id}", "disconnect", "Switch an integration off", self.disconnect,
                      shapes.Connecting, description=_DISCONNECT),
            Operation("POST", "/api/integrations/{id}/sync", "syncNow", "Run syncs as soon as may be", self.sync,
                      shapes.Queued, takes=shapes.SyncNow, status=202, fails=(409,)),
            Operation("POST", "/api/integrations/{id}/pause", "pauseSchedules", "Let schedules stand still", self.pause,
                      shapes.Paused, takes=shapes.WhichSchedules),
            Operation("POST", "/api/integrations/{id}/resume", "resumeSchedules", "Let schedules go on", self.resume,
                      shapes.Paused, takes=shapes.WhichSchedules),
        ]  # fmt: skip

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
        await disconnect(self._house, found, reason, later=True)
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
