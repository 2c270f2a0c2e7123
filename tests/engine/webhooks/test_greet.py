"""Partners that try the address: ServiceTitan's connector with a handshake that it does not have in life."""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from runner.engine.house import MOST_TRIALS
from runner.engine.webhooks.receive import Received, receive
from runner.model.event import Delivery, EventState
from runner.model.integration import Integration
from runner.store import events, rejections
from runner.store.events import EventFilter
from tests.partners import World, world
from tests.shelf import shipped, text_of

KEY = "servicetitan-webhook-key-of-32-or-more"
ACTION = """\
  confirm:
    title: Give the code back
    input: {code: {title: Code}}
    post: "/webhooks/{{ input.code }}/verify"
    repeatable: true
"""
CONFIRM = "{type: confirm, when: event == 'code', action: confirm, with: {code: code}}"
SIGNED = "{type: signed_challenge, asks: POST, value: token, json: {made: '{{ signature }}'}, secret: app.webhook_key}"


@asynccontextmanager
async def tried(database_url: str, handshake: str) -> AsyncIterator[World]:
    """A house whose ServiceTitan tries the address in this way."""
    text = text_of("servicetitan").replace("webhooks:\n", f"webhooks:\n  handshake: {handshake}\n", 1) + ACTION
    async with world(database_url, connectors=shipped(servicetitan=text)) as here:
        yield here


async def get(here: World, query: str) -> Received:
    url = f"https://runner.example/webhooks/servicetitan?{query}"
    return await receive(here.house, Delivery("servicetitan", "GET", url, {}, b"", here.clock.now()))


async def post(here: World, body: bytes, integration: Integration | None = None, sign: bool = False) -> Received:
    headers = {"X-ServiceTitan-Signature": hmac.new(KEY.encode(), body, "sha256").hexdigest()} if sign else {}
    return await here.receive("servicetitan", body, headers, integration_id=integration.id if integration else None)


async def test_a_challenge_is_sent_back_and_nothing_stored(database_url: str) -> None:
    async with tried(database_url, "{type: echo, param: challenge}") as here:
        received = await get(here, "challenge=abc")
        assert (received.status, received.body) == (200, b"abc")
        assert received.headers == {"content-type": "text/plain", "x-content-type-options": "nosniff"}
        assert await here.read(lambda c: events.find(c, EventFilter())) == []


async def test_a_get_that_is_no_trial_is_400_and_counted(database_url: str) -> None:
    async with tried(database_url, "{type: echo, param: challenge}") as here:
        assert (await get(here, "other=abc")).status == 400
        await here.house.refusals.close()  # an answer waits for its count half a second at most
        (counted,) = await here.read(lambda c: rejections.find(c, "servicetitan"))
        assert counted.reason == "malformed-delivery"


async def test_without_a_handshake_no_get_is_answered(here: World) -> None:
    received = await get(here, "challenge=abc")
    assert (received.status, received.headers["allow"]) == (405, "POST")


async def test_events_are_proved_beside_a_handshake(database_url: str) -> None:
    async with tried(database_url, "{type: echo, param: challenge}") as here:
        assert (await post(here, b'{"challenge":"abc"}')).status == 401


async def test_only_a_proved_request_is_answered_with_a_signature(database_url: str) -> None:
    async with tried(database_url, SIGNED) as here:
        assert (await post(here, b'{"token":"abc"}')).status == 401
        received = await post(here, b'{"token":"abc"}', sign=True)
        assert orjson.loads(received.body) == {"made": hmac.new(KEY.encode(), b"abc", "sha256").hexdigest()}


class Codes:
    """A partner that takes codes back; `away` while it cannot."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.away = False
        self.app = Starlette(routes=[Route("/webhooks/{code}/verify", self.verify, methods=["POST"])])

    async def verify(self, request: Request) -> JSONResponse:
        if self.away:
            return JSONResponse({}, 503)
        self.given.append(request.path_params["code"])
        return JSONResponse({})


def with_codes(here: World) -> Codes:
    """Calls about webhooks go to a partner that takes codes, all others where they went."""
    codes, known = Codes(), here.wire.hosts["api.servicetitan.io"]

    class Both(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            here_it_goes = request.url.path.startswith("/webhooks/")
            return await (ours if here_it_goes else known).handle_async_request(request)

    ours = httpx.ASGITransport(app=codes.app)
    here.wire.hosts["api.servicetitan.io"] = Both()  # type: ignore[assignment]  # any transport will do
    return codes


async def test_a_code_is_answered_unsigned_and_given_back(database_url: str) -> None:
    async with tried(database_url, CONFIRM) as here:
        integration, codes = await here.connect("servicetitan"), with_codes(here)
        assert (await post(here, b'{"event":"code","code":"8f14"}', integration)).status == 200
        assert codes.given == []
        await here.work()
        assert codes.given == ["8f14"]
        assert (await post(here, b'{"event":"code","code":"8f14"}', integration)).duplicates == 1
        await here.work()
        assert codes.given == ["8f14"]


async def test_a_code_is_given_back_once_the_partner_can_be_reached(database_url: str) -> None:
    async with tried(database_url, CONFIRM) as here:
        integration, codes = await here.connect("servicetitan"), with_codes(here)
        codes.away = True
        await post(here, b'{"event":"code","code":"8f14"}', integration)
        await here.work()
        codes.away = False
        here.clock.advance(3600)
        await here.work()
        assert codes.given == ["8f14"]
        (event,) = await here.read(lambda c: events.find(c, EventFilter()))
        assert (event.state, event.note) == (EventState.DONE, "confirm is done")


async def test_strangers_cannot_have_codes_kept(database_url: str) -> None:
    async with tried(database_url, CONFIRM) as here:
        integration = await here.connect("servicetitan")
        elsewhere = replace(integration, id="f" * 32)
        for address in (None, elsewhere):
            assert (await post(here, b'{"event":"code","code":"8f14"}', address)).status == 401
        assert (await post(here, b'{"event":"other","code":"8f14"}', integration)).status == 401
        assert await here.read(lambda c: events.find(c, EventFilter())) == []


async def test_who_learnt_an_address_has_few_codes_kept_in_an_hour(database_url: str) -> None:
    async with tried(database_url, CONFIRM) as here:
        integration, other = await here.connect("servicetitan"), await here.connect("servicetitan", "other")

        async def told(code: int, to: Integration, sign: bool = False) -> tuple[int, str | None]:
            received = await post(here, b'{"event":"code","code":"%d"}' % code, to, sign)
            return received.status, received.reason

        answers = Counter(await asyncio.gather(*(told(code, integration) for code in range(200))))
        assert answers == {(200, None): MOST_TRIALS, (429, "too-many-trials"): 200 - MOST_TRIALS}
        assert len(await here.read(lambda c: events.find(c, EventFilter()))) == MOST_TRIALS
        assert (await told(1000, integration, sign=True), await told(1000, other)) == ((200, None), (200, None))
        signed = Counter([await told(code, integration, sign=True) for code in range(2000, 2012)])
        assert signed == {(200, None): MOST_TRIALS - 1, (429, "too-many-trials"): 13 - MOST_TRIALS}
        here.clock.advance(3600)
        assert await told(1001, integration) == (200, None)
