"""What partners answer in the middle of connecting: each a page in plain words with a way on, and nothing leaked."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from runner.engine.integrations import connect
from runner.model.integration import State
from runner.service import tickets
from runner.store import integrations
from tests.browse import go_on
from tests.partners import SETTINGS, World

HTML = b"<!doctype html><title>Sorry</title><script>alert('secret-of-the-page')</script>"
HUGE = b'{"access_token": "secret-of-the-page", "filler": "' + b"x" * 2_000_000 + b'"}'
ANSWERS = {
    "html": (200, HTML, "text/html"),
    "html-500": (500, HTML, "text/html"),
    "huge": (200, HUGE, "application/json"),
    "empty": (200, b"", "application/json"),
    "list": (200, b'["secret-of-the-page"]', "application/json"),
    "no-token": (200, b'{"access_token": null, "x": "secret-of-the-page"}', "application/json"),
    "odd-token": (200, b'{"access_token": {"a": 1}, "expires_in": "soon"}', "application/json"),
    "denied": (400, b'{"error": "invalid_grant", "error_description": "secret-of-the-page"}', "application/json"),
    "odd-error": (400, b'{"error": {"secret-of-the-page": 1}}', "application/json"),
    "latin": (200, b"\xff\xfe\xe9", "application/json"),
    "redirect": (302, b"", "text/plain"),
}


class Odd(httpx.AsyncBaseTransport):
    """A host that gives one answer to whatever path contains `on`, and is itself for the others."""

    def __init__(self, inner: httpx.AsyncBaseTransport, on: str, answer: tuple[int, bytes, str]) -> None:
        self.inner, self.on, self.answer = inner, on, answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.on not in request.url.path:
            return await self.inner.handle_async_request(request)
        status, body, kind = self.answer
        headers = {"Content-Type": kind} | ({"Location": "https://evil.example/"} if status == 302 else {})
        return httpx.Response(status, headers=headers, content=body)


@pytest.mark.parametrize("on", ["token", "graphql"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_consent_with_an_odd_answer(here: World, web: httpx.AsyncClient, name: str, on: str) -> None:
    made = await connect.begin(here.house, "acme", "jobber")
    asked = parse_qs(urlsplit((await go_on(web, tickets.link(here.house, made).url)).headers["location"]).query)
    code = here.jobber.grants.code(asked["redirect_uri"][0])
    host = "api.getjobber.com"
    right = here.wire.hosts[host]
    here.wire.hosts[host] = Odd(right, on, ANSWERS[name])
    page = await web.get("/oauth/callback", params={"code": code, "state": asked["state"][0]})
    assert page.status_code in (400, 502)
    assert "Connect again" in page.text
    _leaks_nothing(here, page)
    here.wire.hosts[host] = right
    after = await here.read(lambda c: integrations.get(c, made.id))
    assert (after.state, after.reason is not None) == (State.PENDING, True)


@pytest.mark.parametrize("on", ["token", "technicians"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_a_form_with_an_odd_answer(here: World, web: httpx.AsyncClient, name: str, on: str) -> None:
    made = await connect.begin(here.house, "acme", "servicetitan", later=True)
    for host in ("auth.servicetitan.io", "api.servicetitan.io"):
        here.wire.hosts[host] = Odd(here.wire.hosts[host], on, ANSWERS[name])
    page = await go_on(web, tickets.link(here.house, made).url, **SETTINGS["servicetitan"])
    after = await here.read(lambda c: integrations.get(c, made.id))
    _leaks_nothing(here, page)
    assert (page.status_code, after.state) == (422, State.ERROR)
    assert 'role="alert"' in page.text


def _leaks_nothing(here: World, page: httpx.Response) -> None:
    told = page.text + repr(here.log.lines)
    assert "secret-of-the-page" not in told
    assert "servicetitan-secret" not in told
    assert "<script>" not in page.text
