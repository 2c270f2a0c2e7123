from __future__ import annotations

import base64
import hashlib

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.consents import Consents, Passes, Terms, basic_of
from runner.authoring.simulate.seeded import Dice

REDIRECT = "https://host.example/back?x=1"
ASKED = {"client_id": "app", "redirect_uri": REDIRECT, "response_type": "code", "state": "s t", "scope": "jobs"}


@pytest.fixture
def consents(clock):
    def flaw(asked):
        return None if asked.get("scope") in {None, "jobs"} else "No such scope"

    terms = Terms("Sample", "Acme", "app", (REDIRECT,), also={"realm": "r1"}, flaw=flaw)
    return Consents(terms, clock, Dice(1))


@pytest.fixture
def browser(consents):
    def page(answer):
        async def endpoint(request: Request) -> Response:
            try:
                return await answer(request)
            except Refusal as refusal:
                return refusal.response

        return endpoint

    routes = [Route("/go", page(consents.ask)), Route("/go", page(consents.decide), methods=["POST"])]
    transport = httpx.ASGITransport(app=Starlette(routes=routes))
    return httpx.AsyncClient(transport=transport, base_url="https://partner.example")


async def test_the_page_passes_every_parameter_on(browser):
    page = await browser.get("/go", params={**ASKED, "state": '"><script>'})
    assert "<script>" not in page.text
    assert 'name="scope" value="jobs"' in page.text
    assert "asks for access: jobs" in page.text


async def test_approval_leads_back_with_what_the_partner_adds(browser, consents):
    back = httpx.URL((await browser.post("/go", data={**ASKED, "decision": "approve"})).headers["location"])
    assert {name: back.params[name] for name in ("x", "state", "realm")} == {"x": "1", "state": "s t", "realm": "r1"}
    code = consents.redeem({"code": back.params["code"], "redirect_uri": REDIRECT})
    assert code.asked["scope"] == "jobs"
    assert consents.redeem({"code": back.params["code"], "redirect_uri": REDIRECT}) is None


async def test_denial_leads_back_without_a_code(browser):
    back = httpx.URL((await browser.post("/go", data={**ASKED, "decision": "deny"})).headers["location"])
    assert dict(back.params) == {"x": "1", "error": "access_denied", "state": "s t"}


@pytest.mark.parametrize(
    "wrong", [{"client_id": "b"}, {"redirect_uri": "https://b.example"}, {"response_type": "token"}, {"scope": "all"}]
)
async def test_a_bad_question_is_not_led_back(browser, wrong):
    answer = await browser.post("/go", data={**ASKED, **wrong, "decision": "approve"})
    assert answer.status_code == 400


@pytest.mark.parametrize("wrong", [{"redirect_uri": "https://b.example"}, {"code_verifier": "other"}])
def test_a_code_goes_with_its_redirect_and_its_verifier(consents, wrong):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"word").digest()).decode().rstrip("=")
    form = {"redirect_uri": REDIRECT, "code_verifier": "word"}
    assert consents.redeem({**form, "code": consents.code(REDIRECT, code_challenge=challenge)}) is not None
    assert consents.redeem({**form, **wrong, "code": consents.code(REDIRECT, code_challenge=challenge)}) is None


def test_a_code_ends_with_time(consents, clock):
    code = consents.code(REDIRECT)
    clock.pass_by(600)
    assert consents.redeem({"code": code, "redirect_uri": REDIRECT}) is None


def test_a_pass_ends_with_time_or_with_what_it_is_about(clock):
    passes = Passes("access", clock, Dice(1))
    short, long, other = passes.mint("a", 10), passes.mint("a"), passes.mint("b")
    clock.pass_by(10)
    assert (passes.about(short), passes.about(long)) == (None, "a")
    passes.drop_all("a")
    assert (passes.about(long), passes.about(other), passes.about("unknown")) == (None, "b", None)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Basic YXBwOnNlY3JldA==", ("app", "secret")),
        ("basic YSUzQWI6Yw==", ("a:b", "c")),
        ("Basic YXBw", None),
        ("Bearer x", None),
        ("Basic !", None),
    ],
)
def test_basic_credentials_are_read(header, found):
    assert basic_of(Request({"type": "http", "headers": [(b"authorization", header.encode())]})) == found


async def test_where_people_may_choose_the_code_covers_what_they_ticked(clock):
    consents = Consents(Terms("Sample", "Acme", "app", choose=True), clock, Dice(1))
    form = "client_id=app&redirect_uri=https://host.example&response_type=code&scope=jobs+notes&ticked=notes"

    async def receive():
        return {"type": "http.request", "body": f"{form}&decision=approve".encode(), "more_body": False}

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request({"type": "http", "method": "POST", "path": "/go", "headers": headers}, receive)
    location = (await consents.decide(request)).headers["location"]
    code = consents.redeem({"code": location.partition("code=")[2], "redirect_uri": "https://host.example"})
    assert code is not None
    assert code.asked["scope"] == "notes"


def test_an_expired_pass_is_told_from_an_unknown_one(clock):
    passes = Passes("access", clock, Dice(1))
    token = passes.mint("acme", 60)
    assert not passes.has_expired(token)
    clock.pass_by(60)
    assert passes.has_expired(token)
    assert not passes.has_expired("unknown")
    passes.clear()
    assert not passes.has_expired(token)
