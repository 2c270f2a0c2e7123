"""The two addresses that a company's admin sees: out to the partner's consent, and back, in plain words."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from runner.engine import consent
from runner.engine.house import House
from runner.errors import AuthenticationError, NotFound, PartnerError, RunnerError, SettingsError, StateRefused
from runner.service import tickets
from runner.service.page import Onward, show, without_traces
from runner.service.problems import split
from runner.store import integrations

COOKIE_LIFETIME = 900
RETRY = "Connect again"
"""What the button says: the words with which the engine's messages name it."""


class OAuth:
    """The handlers of `GET /oauth/{connector}/authorize` and `GET /oauth/callback`.

    A cookie ties a consent to the browser that began it: nobody is talked into finishing somebody else's.
    """

    def __init__(self, house: House) -> None:
        self._house = house

    async def authorize(self, request: Request) -> Response:
        """Send the admin to the partner's consent page."""
        text = request.query_params.get("ticket", "")
        try:
            ticket = tickets.opened(self._house, text, self._house.clock.now())
            url = await consent.authorize_url(self._house, ticket.integration_id, ticket.redirect_to)
        except StateRefused as error:
            return show(400, "This link does not work any more", [*_sentences(error), _ASK], code=error.code)
        except RunnerError as error:
            return self._stopped(error, None)
        answer = without_traces(RedirectResponse(url, 303))
        state = parse_qs(urlsplit(url).query).get("state", [""])[0]
        secure = self._house.base_url.startswith("https://")
        answer.set_cookie(
            _cookie(state), text, COOKIE_LIFETIME, path="/oauth", secure=secure, httponly=True, samesite="lax"
        )
        return answer

    async def callback(self, request: Request) -> Response:
        """Take the admin back from the partner."""
        state = request.query_params.get("state", "")
        name = _cookie(state)
        ticket = request.cookies.get(name)
        answer = await self._repeated(state) or await self._first(request, ticket)
        if ticket is not None:
            answer.delete_cookie(name, path="/oauth")
        return answer

    async def _repeated(self, state: str) -> Response | None:
        """The page for who comes by the back or reload button."""
        try:
            ended = await consent.ended(self._house, state)
        except RunnerError as error:
            return self._stopped(error, None)
        if ended is None:
            return None
        if not ended.connected:
            return show(400, *_USED, code="state-used")
        title = self._house.connectors.get(ended.integration.connector).title
        return show(200, "This was finished already", [f"{title} is connected.", "You can close this page."])

    async def _first(self, request: Request, ticket: str | None) -> Response:
        if ticket is None:
            return show(400, *_FOREIGN, code="state-foreign")
        return await self._finished(request, ticket)

    async def _finished(self, request: Request, ticket: str) -> Response:
        try:
            connected = await consent.finish(self._house, dict(request.query_params))
        except RunnerError as error:
            return self._stopped(error, await self._again(ticket))
        if connected.redirect_to is not None:
            return without_traces(RedirectResponse(connected.redirect_to, 303))
        title = self._house.connectors.get(connected.integration.connector).title
        account = connected.integration.account_name or connected.integration.account_id
        told = [f"The account is {account}."] if account else []
        return show(
            200, f"{title} is connected", [*told, "Your data is being fetched now.", "You can close this page."]
        )

    async def _again(self, ticket: str) -> Onward | None:
        """The way back to the partner's consent page, for the browser that began."""
        try:
            opened = tickets.opened(self._house, ticket, self._house.clock.now())
            found = await self._house.store.database.read(lambda c: integrations.get(c, opened.integration_id))
        except RunnerError:
            return None  # the link is too old, or the integration is gone: there is no way on but a new link
        return Onward(tickets.link(self._house, found, opened.redirect_to), RETRY)

    def _stopped(self, error: RunnerError, onward: Onward | None) -> Response:
        """Every way in which it ends without a connection."""
        self._house.log.warning("consent-stopped", code=error.code)
        status, title, sentences = _told(error)
        return show(status, title, sentences, onward=onward, code=error.code)


_ASK = "Ask whoever sent you the link for a new one."
_LATER = "Come back in a minute."
_FOREIGN = (
    "This page was opened in another browser",
    [
        "The consent was begun in another browser, or too long ago, so it is not finished here.",
        "Go back to where you clicked Connect and click it again.",
    ],
)
_USED = (
    "This page was used already",
    ["Nothing was connected by it.", "Go back to where you clicked Connect and click it again."],
)
_TITLES = {
    "state-expired": "That took too long",
    "state-used": "This page was used already",
    "state-unknown": "This page does not belong to a connection",
    "consent-refused": "Access was not given",
    "wrong-account": "That is another account",
}


def _told(error: RunnerError) -> tuple[int, str, list[str]]:
    """Status, title and sentences for an error; the messages of the engine are written for people."""
    told = _sentences(error)
    title = _TITLES.get(error.code)
    if isinstance(error, StateRefused):
        return 400, title or "This page does not work any more", told
    if isinstance(error, AuthenticationError):
        return 400, title or "The partner refused the connection", [*told, "Nothing was changed."]
    if isinstance(error, PartnerError):
        return 502, "The partner did not answer as expected", [*told, "Nothing was changed.", _LATER]
    if isinstance(error, NotFound):
        return 404, "There is nothing to connect here", [_ASK]
    if isinstance(error, SettingsError):
        return 400, "This cannot be connected yet", told
    return 503, "We cannot connect you now", ["Nothing was changed.", _LATER]


def _sentences(error: RunnerError) -> list[str]:
    """What happened and what to do, each a sentence of its own."""
    return [f"{part[:1].upper()}{part[1:].rstrip('.')}." for part in split(error) if part]


def _cookie(state: str) -> str:
    return f"consent_{hashlib.sha256(state.encode()).hexdigest()[:16]}"
