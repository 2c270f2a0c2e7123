"""The connect page: where a company's admin fills in what is missing, and goes on to the partner's consent."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from runner.connector.connector import Connector
from runner.engine.house import House
from runner.engine.integrations import connect, consent
from runner.errors import PartnerError, RunnerError, StateRefused
from runner.model.integration import Integration, Reason, State
from runner.service import browser, tickets
from runner.service.page import Onward, send_on, show
from runner.service.problems import split
from runner.service.sent import Refused, read_form
from runner.service.settings_page import SettingsPage, page_of
from runner.service.telling import Alert, alert, told
from runner.service.tickets import Ticket
from runner.store import integrations, sessions
from runner.store.sessions import ConnectSession


@dataclass(frozen=True)
class Visit:
    """A browser at a link: `cookie` is what it showed, `session` there is once it went on."""

    ticket: Ticket
    integration: Integration
    connector: Connector
    session: ConnectSession | None
    cookie: str | None = field(repr=False)

    @property
    def is_over(self) -> bool:
        """Whether this browser has connected the company by this link."""
        return self.session is not None and self.session.ended_at is not None


class ConnectPage:
    """The handlers of `/oauth/{connector}/authorize`.

    Looking at a link changes nothing (programs that preview links look too); the first browser that sends its form
    takes it up, and from then on no other one can.
    """

    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        """The form, or what became of it."""
        try:
            visit = await self._visit(request)
            if visit.is_over:
                return self._over(visit)
            page = await page_of(self._house, visit.integration, request.query_params.get("way"))
        except RunnerError as error:
            return self._stopped(error)
        cookie = visit.cookie or browser.new_cookie(self._house, visit.ticket.id)
        return self._shown(visit, page, cookie)

    async def take(self, request: Request) -> Response:
        """What was filled in: kept, tried, or taken along to the partner's consent."""
        try:
            visit = await self._visit(request)
            if visit.is_over:
                return send_on(self._address(visit))
            sent = await read_form(self._house, request, visit.cookie)
            visit = await self._taken_up(visit, visit.cookie or "")
            page = await page_of(self._house, visit.integration, sent.get("way") or None, sent)
            return await self._filled(visit, page)
        except Refused as refused:
            return show(refused.status, "This form was not taken", refused.sentences, code=refused.code)
        except RunnerError as error:
            return self._stopped(error)

    async def _filled(self, visit: Visit, page: SettingsPage) -> Response:
        if page.is_open:
            return self._shown(visit, page, visit.cookie or "", status=422)
        try:
            made = await connect.fill(self._house, visit.integration, page.filled)
            if visit.connector.way_in(made.way).flow == "code":
                return await self._out(visit, made)
        except PartnerError as error:
            self._house.log.warning("connect-stopped", code=error.code)
            reason = Reason(error.code, *split(error))
            return self._shown(visit, page, visit.cookie or "", status=422, over=alert(visit.connector.title, reason))
        if made.state is State.ACTIVE:
            await self._house.store.database.write(lambda c: sessions.end(c, visit.ticket.id, self._house.clock.now()))
            return send_on(visit.ticket.redirect_to or self._address(visit))
        opened = await page_of(self._house, made, made.way, page.sent)
        why = alert(visit.connector.title, made.reason) if made.reason else Alert()
        return self._shown(visit, opened, visit.cookie or "", status=422, over=why)

    async def _out(self, visit: Visit, integration: Integration) -> Response:
        url = await consent.authorize_url(
            self._house, integration.id, visit.ticket.redirect_to, session_id=visit.ticket.id
        )
        return send_on(url)

    async def _visit(self, request: Request) -> Visit:
        """Who is here, at which link; StateRefused when it leads nowhere for this browser, NotFound when what it was
        for was removed."""
        given = request.query_params.getlist("ticket")
        ticket = tickets.opened(self._house, given[0] if len(given) == 1 else "")
        cookie = browser.cookie_of(self._house, ticket.id, request)
        session = await self._house.store.database.read(lambda c: sessions.get(c, ticket.id))
        self._check(ticket, session, cookie)
        found = await self._house.store.database.read(lambda c: integrations.get(c, ticket.integration_id))
        if found.connector != request.path_params["connector"]:
            raise StateRefused("this link was changed on its way", code="link-unknown")
        return Visit(ticket, found, self._house.connectors.get(found.connector), session, cookie)

    def _check(self, ticket: Ticket, session: ConnectSession | None, cookie: str | None) -> None:
        if session is not None and (cookie is None or browser.fingerprint(cookie) != session.browser):
            raise StateRefused("it works in one browser, the one in which it was first gone on with", code="link-used")
        is_over = session is not None and session.ended_at is not None
        if not is_over and self._house.clock.now() >= (session.expires_at if session else ticket.expires_at):
            raise StateRefused("connect links work for a short time only", code="link-expired")

    async def _taken_up(self, visit: Visit, cookie: str) -> Visit:
        """This browser takes the link up, unless another was faster."""
        until = self._house.clock.now() + self._house.config.connect.link_lifetime
        wanted = ConnectSession(
            visit.ticket.id, visit.integration.id, browser.fingerprint(cookie), visit.ticket.redirect_to, until
        )
        session = visit.session or await self._house.store.database.write(lambda c: sessions.begin(c, wanted))
        self._check(visit.ticket, session, cookie)
        return Visit(visit.ticket, visit.integration, visit.connector, session, cookie)

    def _shown(
        self, visit: Visit, page: SettingsPage, cookie: str, *, status: int = 200, over: Alert | None = None
    ) -> Response:
        key = browser.form_key(self._house, cookie)
        answer = page.render(status, self._address(visit), key, over or Alert(), self._may_lead_to())
        if cookie != visit.cookie:
            browser.set_cookie(self._house, answer, visit.ticket.id, cookie)
        return answer

    def _may_lead_to(self) -> str:
        """Partners send people on to hosts that nobody lists, and browsers hold redirects of a form against it."""
        return "'self' https:" + ("" if urlsplit(self._house.base_url).scheme == "https" else " http:")

    def _address(self, visit: Visit) -> str:
        ticket = visit.ticket
        return tickets.address(self._house, visit.integration.connector, ticket)

    def _over(self, visit: Visit) -> Response:
        onward = Onward(visit.ticket.redirect_to, "Go on") if visit.ticket.redirect_to else None
        return connected(visit.connector.title, visit.integration, onward)

    def _stopped(self, error: RunnerError) -> Response:
        """Every way in which it ends without a form."""
        self._house.log.warning("connect-stopped", code=error.code)
        page = told(error)
        return show(page.status, page.title, page.sentences, code=page.code, detail=page.detail)


def connected(title: str, integration: Integration, onward: Onward | None = None) -> Response:
    """The page at the end of the way; of an integration that is not active any more it says no more than that."""
    if integration.state is not State.ACTIVE:
        return show(200, "This was finished already", ["This link was used, and leads nowhere any more."])
    account = integration.account_name or integration.account_id
    told = [f"The account is {account}."] if account else []
    return show(
        200,
        f"{title} is connected",
        [*told, "Your data is being fetched now.", "You can close this page."],
        onward=onward,
    )
