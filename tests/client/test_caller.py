from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from runner.client.limiter import Limiter
from runner.errors import (
    AuthenticationError,
    MappingError,
    PartnerError,
    PartnerUnavailable,
    RateLimited,
    RecordSkipped,
    ResyncNeeded,
    SettingsError,
    UnexpectedResponse,
)
from runner.model.credential import Credential
from runner.model.http import Response
from runner.model.integration import State
from runner.model.secret import Secret
from tests.client.conftest import CONSENT, INTEGRATION, Answer, Desk, answer, connector

GOOD = answer({"ok": True})


async def call(desk: Desk, *answers: Answer, name: str = "jobs", options: Any = None, **changes: Any) -> Response:
    """Call one endpoint or action of Acme, which answers so."""
    desk.partner.answers = list(answers) or [GOOD]
    acme = connector(**changes)
    chosen = {**acme.endpoints, **acme.actions}[name]
    given = {"input": {"id": "7", "name": "Roof"}} | (options or {})
    return await desk.caller().call(acme, chosen, INTEGRATION, **given)


def rules(*errors: dict[str, Any], **http: Any) -> dict[str, Any]:
    return {"http": {"errors": list(errors), **http}}


async def test_a_call_is_written_signed_and_sent(desk: Desk) -> None:
    assert (await call(desk)).json == {"ok": True}
    (request,) = desk.partner.requests
    assert (request.method, str(request.url)) == ("GET", "https://api.acme.example/tenant/t1/jobs")
    assert request.headers["authorization"] == "Bearer k3y"
    assert desk.counted == [False]


async def test_what_the_paginator_adds_goes_into_the_query(desk: Desk) -> None:
    await call(desk, options={"params": {"page": 2}})
    assert desk.partner.requests[0].url.query == b"page=2"


async def test_templates_read_input_page_and_what_else_is_given(desk: Desk) -> None:
    params = {"id": "{{ input.id }}", "at": "{{ page.cursor }}", "since": "{{ checkpoint }}"}
    reading = {"jobs": {"get": "/jobs", "params": params, "records": "@"}}
    await call(desk, options={"page": {"cursor": "c"}, "checkpoint": "then"}, endpoints=reading)
    assert desk.partner.requests[0].url.query == b"id=7&at=c&since=then"


async def test_a_request_that_cannot_be_written_is_not_sent(desk: Desk) -> None:
    with pytest.raises(MappingError):
        await call(desk, name="job", options={"input": {"id": ""}})
    assert desk.partner.requests == []


@pytest.mark.parametrize("trouble", [answer(None, 500), answer(None, 408), httpx.ReadTimeout("slow")])
async def test_a_read_is_tried_again_with_growing_pauses(desk: Desk, trouble: Answer) -> None:
    assert (await call(desk, trouble, trouble, GOOD)).ok
    assert desk.clock.slept == [1.0, 2.0]


async def test_after_all_tries_the_partner_is_unavailable(desk: Desk) -> None:
    with pytest.raises(PartnerUnavailable, match="Acme `jobs` answers 503 after 3 tries") as caught:
        await call(desk, answer(None, 503), http={"retry": {"attempts": 3}})
    assert (caught.value.status, len(desk.partner.requests)) == (503, 3)


async def test_after_all_tries_without_an_answer_the_partner_is_unavailable(desk: Desk) -> None:
    with pytest.raises(PartnerUnavailable, match=r"no answer from api\.acme\.example .*after 2 tries"):
        await call(desk, httpx.ReadTimeout("slow"), http={"retry": {"attempts": 2}})


@pytest.mark.parametrize("trouble", [answer(None, 500), httpx.ReadTimeout("slow")])
async def test_a_create_whose_outcome_is_unknown_is_not_sent_twice(desk: Desk, trouble: Answer) -> None:
    with pytest.raises(PartnerUnavailable) as caught:
        await call(desk, trouble, name="create")
    assert (caught.value.sent, len(desk.partner.requests)) == (True, 1)


@pytest.mark.parametrize("trouble", [answer(None, 503), answer(None, 429), httpx.ConnectError("refused")])
async def test_a_create_that_did_not_happen_is_tried_again(desk: Desk, trouble: Answer) -> None:
    assert (await call(desk, trouble, GOOD, name="create")).ok


async def test_a_put_is_tried_again(desk: Desk) -> None:
    assert (await call(desk, answer(None, 500), GOOD, name="replace")).ok


async def test_a_create_is_tried_again_where_the_connector_says_so(desk: Desk) -> None:
    create = {"post": "/jobs", "errors": [{"status": [500], "do": "retry"}]}
    assert (await call(desk, answer(None, 500), GOOD, name="create", actions={"create": create})).ok


async def test_what_is_said_of_all_calls_does_not_make_a_create_safe(desk: Desk) -> None:
    with pytest.raises(PartnerUnavailable):
        await call(desk, answer(None, 500), GOOD, name="create", **rules({"status": [500], "do": "retry"}))
    assert len(desk.partner.requests) == 1


REFUSED = {"error": "no such name"}


@pytest.mark.parametrize(
    ("answers", "name", "unsure"),
    [
        ([httpx.ReadTimeout("slow")], "create", True),
        ([httpx.ConnectError("refused")], "create", False),
        ([answer(None, 500)], "create", True),
        ([answer(None, 503)], "create", False),
        ([answer(None, 408)], "create", True),
        ([answer(None, 429)], "create", False),
        ([answer(REFUSED, 422)], "create", False),
        ([answer(REFUSED, 200)], "create", True),
        ([answer(None, 503), httpx.ReadTimeout("slow")], "create", True),
        ([httpx.ReadTimeout("slow"), httpx.ConnectError("refused")], "replace", True),
        ([httpx.ReadTimeout("slow"), answer(None, 429)], "replace", True),
        ([answer(None, 500), answer(REFUSED, 422)], "replace", True),
        ([httpx.ConnectError("refused"), answer(REFUSED, 422)], "replace", False),
        ([httpx.ReadTimeout("slow")], "jobs", False),
    ],
)
async def test_a_failure_says_whether_it_may_be_done_all_the_same(
    desk: Desk, answers: list[Answer], name: str, unsure: bool
) -> None:
    """Whatever the last try says, an earlier one that was sent and not answered leaves it open."""
    http = rules({"when": "error", "do": "fail", "message": "error"}, retry={"attempts": 2})
    with pytest.raises(PartnerError) as caught:
        await call(desk, *answers, name=name, **http)
    assert caught.value.unsure is unsure


async def test_an_error_that_the_call_knows_was_not_done(desk: Desk) -> None:
    create = {"post": "/jobs", "errors": [{"when": "error", "do": "fail", "message": "error"}]}
    with pytest.raises(UnexpectedResponse) as caught:
        await call(desk, answer(REFUSED, 200), name="create", actions={"create": create})
    assert (caught.value.unsure, caught.value.words) == (False, "no such name")


async def test_a_limit_waits_as_the_partner_says_and_is_counted(desk: Desk) -> None:
    assert (await call(desk, answer(None, 429, Retry_After="7"), GOOD)).ok
    assert sum(desk.clock.slept) == pytest.approx(7.0)
    assert desk.counted == [True, False]


async def test_a_limit_without_a_figure_backs_off(desk: Desk) -> None:
    await call(desk, answer(None, 429), GOOD)
    assert sum(desk.clock.slept) == pytest.approx(1.0)


async def test_a_limit_can_be_told_in_a_good_status(desk: Desk) -> None:
    throttled = answer({"errors": [{"code": "THROTTLED"}], "wait": 3})
    rule = {"when": "errors[?code=='THROTTLED']", "do": "retry", "wait": {"type": "body", "path": "wait"}}
    assert (await call(desk, throttled, GOOD, **rules(rule))).json == {"ok": True}
    assert (sum(desk.clock.slept), desk.counted) == (pytest.approx(3.0), [True, False])


async def test_a_long_wait_is_given_back_to_the_worker(desk: Desk) -> None:
    with pytest.raises(RateLimited, match="next try is in 300 s") as caught:
        await call(desk, answer(None, 429, Retry_After="300"))
    assert (caught.value.wait, desk.clock.slept) == (300.0, [])


@pytest.mark.parametrize(("status", "error"), [(503, RateLimited), (500, PartnerUnavailable)])
async def test_a_server_error_that_asks_for_a_long_wait(desk: Desk, status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="next try is in 300 s"):
        await call(desk, answer(None, status, Retry_After="300"))


async def test_a_limit_that_does_not_end_is_given_back_too(desk: Desk) -> None:
    with pytest.raises(RateLimited, match="429 after 2 tries"):
        await call(desk, answer(None, 429), http={"retry": {"attempts": 2}})


@pytest.mark.parametrize("http", [{}, {"rate_limits": [{"type": "window", "requests": 100, "per": "1m"}]}])
async def test_a_429_slows_every_call_of_the_account(desk: Desk, http: dict[str, Any]) -> None:
    acme, limiter = connector(http=http), Limiter(desk.clock)
    desk.partner.answers = [answer(None, 429, Retry_After="90"), GOOD]
    with pytest.raises(RateLimited):
        await desk.caller(limiter).call(acme, acme.endpoints["jobs"], INTEGRATION)
    with pytest.raises(RateLimited, match="leave no room for 90 s"):
        await desk.caller(limiter).call(acme, acme.endpoints["job"], INTEGRATION, input={"id": "1"})
    assert len(desk.partner.requests) == 1


async def test_declared_limits_are_kept(desk: Desk) -> None:
    acme = connector(http={"rate_limits": [{"type": "window", "requests": 2, "per": "10s"}]})
    caller = desk.caller()
    await asyncio.gather(*(caller.call(acme, acme.endpoints["jobs"], INTEGRATION) for _ in range(3)))
    assert desk.clock.slept == [pytest.approx(10, abs=0.001)]


async def test_all_pauses_of_a_call_together_are_bounded(desk: Desk) -> None:
    acme = connector(http={"rate_limits": [{"type": "window", "requests": 1, "per": "40s"}]})
    caller = desk.caller()
    await caller.call(acme, acme.endpoints["jobs"], INTEGRATION)
    desk.partner.answers = [answer(None, 500)]
    with pytest.raises(RateLimited):
        await caller.call(acme, acme.endpoints["jobs"], INTEGRATION)
    assert sum(desk.clock.slept) <= 60


async def test_limits_of_other_methods_do_not_count(desk: Desk) -> None:
    acme = connector(http={"rate_limits": [{"type": "window", "requests": 1, "per": "10s", "methods": ["POST"]}]})
    caller = desk.caller()
    for _ in range(3):
        await caller.call(acme, acme.endpoints["jobs"], INTEGRATION)
    assert desk.clock.slept == []


async def test_a_slot_is_free_again_after_a_call_without_an_answer(desk: Desk) -> None:
    limit = {"type": "concurrency", "at_once": 1}
    assert (await call(desk, httpx.ReadTimeout("slow"), GOOD, http={"rate_limits": [limit]})).ok
    assert desk.clock.slept == [1.0]


@pytest.mark.parametrize(
    ("do", "error"),
    [
        ("fail", UnexpectedResponse),
        ("skip_record", RecordSkipped),
        ("full_resync", ResyncNeeded),
        ("fail_integration", AuthenticationError),
    ],
)
async def test_a_rule_decides_what_an_answer_means(desk: Desk, do: str, error: type[Exception]) -> None:
    rule = {"status": [404], "do": do, "message": "error", "remedy": "look again"}
    with pytest.raises(error, match=r"^Acme `jobs` answers 404: no such job \[.*\] \(look again\)$") as caught:
        await call(desk, answer({"error": "no such job"}, 404), **rules(rule))
    assert type(caught.value) is error
    assert len(desk.partner.requests) == 1


async def test_an_ignored_answer_is_an_answer(desk: Desk) -> None:
    assert (await call(desk, answer(None, 404), **rules({"status": [404], "do": "ignore"}))).status == 404


async def test_rules_of_the_call_come_first(desk: Desk) -> None:
    own = {"jobs": {"get": "/jobs", "records": "@", "errors": [{"status": [404], "do": "ignore"}]}}
    assert (await call(desk, answer(None, 404), endpoints=own, **rules({"status": [404], "do": "fail"}))).status == 404


async def test_a_redirect_fails_with_the_remedy(desk: Desk) -> None:
    with pytest.raises(UnexpectedResponse, match=r"302 .*redirects are never followed"):
        await call(desk, httpx.Response(302, headers={"Location": "https://evil.example"}))
    assert len(desk.partner.requests) == 1


async def test_a_refused_key_puts_the_integration_into_error(desk: Desk) -> None:
    with pytest.raises(AuthenticationError):
        await call(desk, answer(None, 401))
    assert ((await desk.integration()).state, len(desk.partner.requests)) == (State.ERROR, 1)


async def test_fail_integration_puts_the_integration_into_error_with_its_reason(desk: Desk) -> None:
    with pytest.raises(AuthenticationError):
        await call(desk, answer(None, 403), **rules({"status": [403], "do": "fail_integration", "remedy": "accept it"}))
    reason = (await desk.integration()).reason
    assert reason is not None
    assert (reason.code, "accept it" in reason.message) == ("integration-refused", True)


def token_or(found: httpx.Response) -> Answer:
    """The token endpoint gives new tokens; the API answers 401 to the old token, `found` to the new."""

    def partner(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return answer({"access_token": "new", "refresh_token": "r2", "expires_in": 3600})
        return answer(None, 401) if request.headers["authorization"] == "Bearer old" else found

    return partner


async def test_a_refused_token_is_renewed_once_and_the_call_goes_on(desk: Desk) -> None:
    await desk.keep(Credential(access_token=Secret("old"), refresh_token=Secret("r1")))
    assert (await call(desk, token_or(GOOD), auth=CONSENT)).json == {"ok": True}
    assert [request.url.path for request in desk.partner.requests] == ["/tenant/t1/jobs", "/token", "/tenant/t1/jobs"]


async def test_a_renewed_token_that_is_refused_too_is_the_end(desk: Desk) -> None:
    await desk.keep(Credential(access_token=Secret("old"), refresh_token=Secret("r1")))
    with pytest.raises(AuthenticationError, match="new token is refused too"):
        await call(desk, token_or(answer(None, 401)), auth=CONSENT)
    assert ((await desk.integration()).state, len(desk.partner.requests)) == (State.ERROR, 3)


async def test_a_call_can_take_another_way_in(desk: Desk) -> None:
    basic = {"app": {"type": "basic", "username": "{{ app.client_id }}", "password": "{{ app.client_secret }}"}}
    await call(desk, endpoints={"jobs": {"get": "/jobs", "records": "@", "auth": "app"}}, other_auth=basic)
    assert desk.partner.requests[0].headers["authorization"].startswith("Basic ")


async def test_a_refused_app_is_not_the_fault_of_the_integration(desk: Desk) -> None:
    basic = {"app": {"type": "basic", "username": "{{ app.client_id }}"}}
    own = {"jobs": {"get": "/jobs", "records": "@", "auth": "app"}}
    with pytest.raises(AuthenticationError):
        await call(desk, answer(None, 401), endpoints=own, other_auth=basic)
    assert (await desk.integration()).state is State.ACTIVE


async def test_a_call_can_go_without_any(desk: Desk) -> None:
    await call(desk, endpoints={"jobs": {"get": "/jobs", "records": "@", "auth": "none"}})
    assert "authorization" not in desk.partner.requests[0].headers


async def test_a_way_in_that_is_not_declared_is_refused(desk: Desk) -> None:
    with pytest.raises(SettingsError, match="`app`"):
        await call(desk, endpoints={"jobs": {"get": "/jobs", "records": "@", "auth": "app"}})


async def test_no_error_repeats_a_secret_that_the_partner_repeats(desk: Desk) -> None:
    leak = answer({"error": "the key k3y is not known to app-secret"}, 400)
    with pytest.raises(UnexpectedResponse, match=r"the key •+ is not known to •+") as caught:
        await call(desk, leak, **rules({"status": [400], "do": "fail", "message": "error"}))
    assert "k3y" not in str(caught.value)


class TestAhead:
    """What is read before each try."""

    CHANGE: dict[str, Any] = {
        "change": {
            "post": "/jobs/1",
            "json": {"version": "{{ before.version }}"},
            "before": {"endpoint": "job", "with": {}},
            "errors": [{"status": [409], "do": "retry"}],
        }
    }

    @staticmethod
    def versions() -> Callable[[], Awaitable[dict[str, Any]]]:
        """A thing that has another version each time it is read."""
        known = iter(range(1, 10))

        async def read() -> dict[str, Any]:
            return {"before": {"version": next(known)}}

        return read

    async def test_is_read_anew_at_every_try(self, desk: Desk) -> None:
        options = {"ahead": self.versions()}
        assert (await call(desk, answer(None, 409), GOOD, name="change", options=options, actions=self.CHANGE)).ok
        assert [json.loads(request.content) for request in desk.partner.requests] == [{"version": 1}, {"version": 2}]

    async def test_that_it_was_old_is_no_limit(self, desk: Desk) -> None:
        options = {"ahead": self.versions()}
        with pytest.raises(PartnerUnavailable, match="answers 409 after"):
            await call(desk, answer(None, 409), name="change", options=options, actions=self.CHANGE)
        assert not any(desk.counted)

    async def test_too_many_requests_stay_a_limit(self, desk: Desk) -> None:
        rule = {"errors": [{"status": [429], "do": "retry"}]}
        change = {"change": self.CHANGE["change"] | rule}
        await call(desk, answer(None, 429), GOOD, name="change", options={"ahead": self.versions()}, actions=change)
        assert desk.counted == [True, False]

    async def test_what_cannot_be_read_is_not_sent(self, desk: Desk) -> None:
        async def read() -> dict[str, Any]:
            raise RecordSkipped("it is gone")

        with pytest.raises(RecordSkipped):
            await call(desk, name="change", options={"ahead": read}, actions=self.CHANGE)
        assert desk.partner.requests == []


async def test_a_redirect_is_not_followed_and_can_be_the_answer(desk: Desk) -> None:
    away = httpx.Response(302, headers={"Location": "https://files.example/a.jpg"})
    reading = {"jobs": {"get": "/image.jpg", "redirect": "answer", "records": "@"}}
    assert (await call(desk, away, endpoints=reading)).json == {"location": "https://files.example/a.jpg"}
    assert [attempt.status for attempt in desk.attempts] == [302]
    assert len(desk.partner.requests) == 1
