"""Who comes back without a state of ours, since he began at the partner's marketplace: he begins once more, here."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from runner.components.auth.oauth2_authorization_code import OAuth2AuthorizationCode
from runner.connector.connector import Connector
from runner.engine.house import House
from runner.engine.integrations import consent
from runner.errors import StateRefused
from runner.model.integration import Integration
from runner.service import browser
from runner.service.page import send_on, show
from runner.store import integrations, sessions
from runner.store.sessions import ConnectSession


async def restarted(house: House, request: Request) -> Response:
    """On with the connect session of this browser, else to where the host lets companies begin. Nothing of the query
    is used: a code that nobody asked for may be anybody's. StateRefused where no connector expects such a callback."""
    expected = {one.connector: one for one in house.connectors.all() if _restarts(one)}
    if not expected or not request.query_params.get("code"):
        raise StateRefused(
            "this answer does not belong to a consent that was begun here; go back to where you clicked Connect, and "
            "click it again",
            code="state-unknown",
        )
    going_on = await _going_on(house, request, expected)
    if going_on is not None:
        session, integration = going_on
        return send_on(await consent.authorize_url(house, integration.id, session.redirect_to, session_id=session.id))
    only = next(iter(expected)) if len(expected) == 1 else None
    if house.config.connect.start_page is not None:
        return send_on(_with(house.config.connect.start_page, only))
    return _told(expected[only].title if only else None)


async def _going_on(
    house: House, request: Request, expected: dict[str, Connector]
) -> tuple[ConnectSession, Integration] | None:
    """The session that this browser took up last for one of these connectors, if it can still end well."""
    cookies = browser.links_of(house, request)

    def look(connection: Connection) -> Iterator[tuple[ConnectSession, Integration]]:
        for link_id, cookie in cookies.items():
            session = sessions.get(connection, link_id)
            if session is not None and _is_open(house, session, cookie):
                for integration in integrations.named(connection, [session.integration_id]).values():
                    yield session, integration

    found = await house.store.database.read(lambda connection: [*look(connection)])
    fitting = [one for one in found if one[1].connector in expected]
    return max(fitting, key=lambda one: one[0].expires_at, default=None)


def _is_open(house: House, session: ConnectSession, cookie: str) -> bool:
    is_ours = browser.fingerprint(cookie) == session.browser
    return is_ours and session.ended_at is None and house.clock.now() < session.expires_at


def _restarts(connector: Connector) -> bool:
    ways = connector.ways.values()
    return any(isinstance(way, OAuth2AuthorizationCode) and way.without_state == "restart" for way in ways)


def _with(url: str, connector: str | None) -> str:
    if connector is None:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'connector': connector})}"


def _told(title: str | None) -> Response:
    where = f"at {title}" if title else "there"
    return show(
        200,
        "One more step",
        [
            f"You added our app {where}, and nothing is connected yet.",
            "Open our product, go to its integrations, and click Connect there.",
        ],
        code="state-missing",
    )
