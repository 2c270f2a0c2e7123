"""Tokens of `other_auth`: asked for once, kept in memory, asked for again when they end, change or are refused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx
import pytest

from runner.client.caller import Caller
from runner.errors import AuthenticationError
from runner.model.credential import Credential
from runner.model.integration import State
from runner.model.secret import Secret
from tests.client.conftest import INTEGRATION, Answer, Desk, answer, connector

APP = {"app": {"type": "oauth2_client_credentials", "token_url": "https://acme.example/token"}}
OWN = {"apps": {"get": "/apps", "records": "@", "auth": "app"}, "jobs": {"get": "/jobs", "records": "@"}}
ACME = connector(endpoints=OWN, other_auth=APP)
Sent = list[tuple[str, str | None]]


def token(text: str) -> httpx.Response:
    return answer({"access_token": text, "expires_in": 3600})


@dataclass
class Calling:
    """One caller, which keeps its tokens, over a desk."""

    desk: Desk
    caller: Caller

    async def call(self, *answers: Answer, name: str = "apps") -> Sent:
        """What was sent, path and Authorization, while the partner gave these answers."""
        self.desk.partner.answers = list(answers)
        self.desk.partner.requests.clear()
        await self.caller.call(ACME, ACME.endpoints[name], INTEGRATION)
        return self.sent()

    def sent(self) -> Sent:
        return [(request.url.path, request.headers.get("authorization")) for request in self.desk.partner.requests]


@pytest.fixture
def calling(desk: Desk) -> Calling:
    return Calling(desk, desk.caller())


async def test_a_token_serves_many_calls(calling: Calling) -> None:
    assert await calling.call(token("a1"), answer({})) == [("/token", None), ("/apps", "Bearer a1")]
    assert await calling.call(answer({})) == [("/apps", "Bearer a1")]


async def test_calls_by_the_integrations_own_way_are_signed_by_its_own(calling: Calling) -> None:
    await calling.call(token("a1"), answer({}))
    assert await calling.call(answer({}), name="jobs") == [("/jobs", "Bearer k3y")]


async def test_callers_at_once_ask_for_one_token(calling: Calling) -> None:
    await asyncio.gather(*(calling.call(token("a1"), answer({})) for _ in range(5)))
    assert [path for path, _ in calling.sent()].count("/token") == 1


async def test_a_token_that_is_about_to_end_is_asked_for_again(calling: Calling) -> None:
    await calling.call(token("a1"), answer({}))
    calling.desk.clock.advance(56 * 60)
    assert await calling.call(token("a2"), answer({})) == [("/token", None), ("/apps", "Bearer a2")]


async def test_a_refused_token_is_renewed_once(calling: Calling) -> None:
    await calling.call(token("a1"), answer({}))
    sent = await calling.call(answer(None, 401), token("a2"), answer({}))
    assert sent == [("/apps", "Bearer a1"), ("/token", None), ("/apps", "Bearer a2")]


async def test_other_secrets_need_another_token(calling: Calling) -> None:
    await calling.call(token("a1"), answer({}))
    await calling.desk.keep(Credential(values={"key": Secret("other")}))
    assert (await calling.call(token("a2"), answer({})))[0] == ("/token", None)


async def test_an_app_that_is_refused_is_not_the_fault_of_the_integration(calling: Calling) -> None:
    with pytest.raises(AuthenticationError, match="client id and secret"):
        await calling.call(answer({"error": "invalid_client"}, 401))
    assert (await calling.desk.integration()).state is State.ACTIVE
