"""The address to which partners send people back after consent: what came of it, in plain words."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from runner.engine.house import House
from runner.engine.integrations import consent
from runner.errors import RunnerError, StateRefused
from runner.service import browser, tickets
from runner.service.connecting import connected
from runner.service.page import Onward, send_on, show
from runner.service.restart import restarted
from runner.service.telling import told
from runner.store import integrations, sessions
from runner.store.sessions import ConnectSession

RETRY = "Connect again"
"""What the button says: the words with which the engine's messages name it."""
LONGEST = 4096
"""Characters that a parameter of the callback may have."""


class Callback:
    """The handler of `GET /oauth/callback`.

    The state names the connect session that began the consent, and the cookie the browser: nobody is talked into
    finishing somebody else's.
    """

    def __init__(self, house: House) -> None:
        self._house = house

    async def answer(self, request: Request) -> Response:
        """Take the admin back from the partner."""
        try:
            query = _query(request)
            if not query.get("state"):
                return await restarted(self._house, request)
            session = await self._session(request, query.get("state", ""))
        except RunnerError as error:
            return await self._stopped(error, None)
        try:
            return await self._repeated(query["state"], session) or await self._finished(query, session)
        except RunnerError as error:
            return await self._stopped(error, session)

    async def _session(self, request: Request, state: str) -> ConnectSession:
        """The session that sent this browser out; StateRefused when there is none, or it is another browser's."""
        name = await consent.session_of(self._house, state)
        found = await self._house.store.database.read(lambda c: sessions.get(c, name)) if name else None
        if found is None:
            raise StateRefused(
                "this answer does not belong to a consent that was begun here; go back to where you clicked Connect, "
                "and click it again",
                code="state-unknown",
            )
        cookie = browser.cookie_of(self._house, found.id, request)
        if cookie is None or browser.fingerprint(cookie) != found.browser:
            raise StateRefused(
                "the consent was begun in another browser, or too long ago, so it is not finished here; go back to "
                "where you clicked Connect, and click it again",
                code="state-foreign",
            )
        return found

    async def _repeated(self, state: str, session: ConnectSession) -> Response | None:
        """The page for who comes by the back or reload button."""
        ended = await consent.ended(self._house, state)
        if ended is None:
            return None
        if ended.connected:
            title = self._house.connectors.get(ended.integration.connector).title
            return connected(title, ended.integration, _back(session, "Go on"))
        raise StateRefused("nothing was connected by it; connect again", code="state-used")

    async def _finished(self, query: dict[str, str], session: ConnectSession) -> Response:
        made = (await consent.finish(self._house, query)).integration
        await self._house.store.database.write(lambda c: sessions.end(c, session.id, self._house.clock.now()))
        if session.redirect_to is not None:
            return send_on(session.redirect_to)
        return connected(self._house.connectors.get(made.connector).title, made)

    async def _stopped(self, error: RunnerError, session: ConnectSession | None) -> Response:
        """Every way in which it ends without a connection. The browser that began may try again."""
        self._house.log.warning("consent-stopped", code=error.code)
        page = told(error)
        return show(
            page.status,
            page.title,
            page.sentences,
            onward=await self._again(session),
            back=_back(session, "Go back without connecting") if session else None,
            code=page.code,
            detail=page.detail,
        )

    async def _again(self, session: ConnectSession | None) -> Onward | None:
        """Back to the connect page, while the session lasts and the integration is there."""
        if session is None or session.ended_at is not None or self._house.clock.now() >= session.expires_at:
            return None
        try:
            found = await self._house.store.database.read(lambda c: integrations.get(c, session.integration_id))
        except RunnerError:
            return None
        return Onward(tickets.again(self._house, found.connector, session), RETRY)


def _query(request: Request) -> dict[str, str]:
    """The parameters, each given once (RFC 6749 section 3.1) and of a bearable size."""
    pairs = request.query_params.multi_items()
    query = dict(pairs)
    if len(query) != len(pairs) or any(len(text) > LONGEST for text in query.values()):
        raise StateRefused("this answer is not of the form that partners send", code="callback-malformed")
    return query


def _back(session: ConnectSession, title: str) -> Onward | None:
    return Onward(session.redirect_to, title) if session.redirect_to else None
