"""Callbacks that are broken or hostile: a page with a 4xx, nothing changed, nothing sent on, nothing repeated. And
partners whose clock is another."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest

from runner.engine.integrations import connect
from runner.model.integration import Integration, State
from runner.service import tickets
from runner.store import integrations
from tests.browse import go_on
from tests.partners import World
from tests.service.test_bad_answers import Odd

MARK = "mark-of-the-stranger"
STATE = "STATE"
QUERIES = {
    "nothing": "",
    "no state": f"code={MARK}",
    "no code": f"state={STATE}",
    "an empty code": f"code=&state={STATE}",
    "a state with a tail": f"code={MARK}&state={STATE}{MARK}",
    "a state without its head": f"code={MARK}&state=.{MARK}",
    "two states, the last one made up": f"code={MARK}&state={STATE}&state={MARK}",
    "a state in a list": f"code={MARK}&state[]={STATE}",
    "a state of JSON": f"code={MARK}&state=%7B%22{MARK}%22%3A1%7D",
    "a state of bytes that are no text": f"code={MARK}&state=%ff%fe%00",
    "a state with a line break": f"code={MARK}&state=a%0d%0aSet-Cookie:%20{MARK}=1",
    "a very long state": f"code={MARK}&state={'a' * 6000}",
    "a very long code": f"code={'a' * 6000}&state={MARK}",
    "markup": f"error=%3Cscript%3E{MARK}%3C/script%3E&error_description=%3Cscript%3E{MARK}&state={STATE}",
    "an error and a code": f"error=access_denied&code={MARK}&state={STATE}",
    "a thousand parameters": "&".join(f"a{number}={MARK}" for number in range(700)),
    "no pairs": f"&&&==={MARK}",
    "a place to go on to": f"code={MARK}&state={MARK}&redirect_to=https://evil.example/&next=//evil.example",
}

BEGINNINGS = {"no state", "a state in a list"}
"""Without a state somebody comes from Jobber's marketplace: the page that tells how to begin here."""


async def begun(here: World, web: httpx.AsyncClient) -> tuple[Integration, dict[str, list[str]]]:
    """An integration whose admin stands at Jobber's page, and what that page was asked."""
    made = await connect.begin(here.house, "acme", "jobber")
    out = (await go_on(web, tickets.link(here.house, made).url)).headers["location"]
    return made, parse_qs(urlsplit(out).query)


async def after(here: World, made: Integration) -> Integration:
    found: Integration = await here.read(lambda c: integrations.get(c, made.id))
    return found


@pytest.mark.parametrize("name", QUERIES)
async def test_a_broken_callback_is_a_page_and_changes_nothing(here: World, web: httpx.AsyncClient, name: str) -> None:
    made, asked = await begun(here, web)
    page = await web.get(f"/oauth/callback?{QUERIES[name].replace(STATE, asked['state'][0])}")
    assert page.status_code == 200 if name in BEGINNINGS else 400 <= page.status_code < 500
    assert "<h1>" in page.text
    assert "location" not in page.headers
    assert MARK not in page.text + repr(page.headers) + repr(here.log.lines)
    assert (await after(here, made)).state is State.PENDING
    assert here.wire.count("POST", "token") <= 1
    assert here.wire.count("POST", "graphql") == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_a_callback_of_another_method_opens_nothing(here: World, web: httpx.AsyncClient, method: str) -> None:
    made, asked = await begun(here, web)
    code = here.jobber.grants.code(asked["redirect_uri"][0])
    page = await web.request(method, "/oauth/callback", params={"code": code, "state": asked["state"][0]})
    assert 400 <= page.status_code < 500
    assert (await after(here, made)).state is State.PENDING


@pytest.mark.parametrize("lifetime", [0, -3600, 1, "0", "soon", None, 1e15, True])
async def test_a_token_that_ends_at_once_or_never_is_taken_without_a_loop(
    here: World, web: httpx.AsyncClient, lifetime: Any
) -> None:
    made, asked = await begun(here, web)
    code = here.jobber.grants.code(asked["redirect_uri"][0])
    right = here.wire.hosts["api.getjobber.com"]
    here.wire.hosts["api.getjobber.com"] = Skewed(right, lifetime)
    page = await web.get("/oauth/callback", params={"code": code, "state": asked["state"][0]})
    assert page.status_code == 200
    assert (await after(here, made)).state is State.ACTIVE
    for _ in range(3):
        assert (await here.sync(await after(here, made), "clients")).counts.seen > 0
    assert here.wire.count("POST", "token") <= 5


class Skewed(Odd):
    """The partner, whose tokens say another end than they have."""

    def __init__(self, inner: httpx.AsyncBaseTransport, lifetime: Any) -> None:
        super().__init__(inner, "token", (200, b"", "application/json"))
        self.lifetime = lifetime

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        if self.on not in request.url.path:
            return answer
        told = {**orjson.loads(await answer.aread()), "expires_in": self.lifetime}
        return httpx.Response(answer.status_code, json=told)
