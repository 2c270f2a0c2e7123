from __future__ import annotations

from collections.abc import Generator

import httpx
import pytest

from runner.client import oauth
from runner.client.guard import open_http
from runner.components.auth.base import Flow, Granted
from runner.errors import PartnerUnavailable, UnexpectedResponse
from runner.model.credential import Credential
from runner.model.http import Request, Response
from runner.model.secret import Secret
from tests.client.conftest import Partner, answer


def two_steps() -> Flow:
    first = yield Request("POST", "https://acme.example/one")
    second = yield Request("POST", f"https://acme.example/{first.json['next']}")
    return Granted(Credential(access_token=Secret(second.json["token"])))


async def test_each_answer_is_sent_back_into_the_flow() -> None:
    partner = Partner([answer({"next": "two"}), answer({"token": "t"})])
    async with open_http(transport=httpx.MockTransport(partner)) as http:
        granted = await oauth.run(two_steps(), http)
    assert granted.credential.access_token == Secret("t")
    assert [request.url.path for request in partner.requests] == ["/one", "/two"]


async def test_a_request_without_an_answer_ends_the_flow() -> None:
    flow = two_steps()
    async with open_http(transport=httpx.MockTransport(Partner([httpx.ReadTimeout("slow")]))) as http:
        with pytest.raises(PartnerUnavailable):
            await oauth.run(flow, http)
    assert list(flow) == []


def undemanding() -> Generator[Request, Response, str]:
    """A flow that goes on without its first answer."""
    try:
        yield Request("GET", "https://acme.example/where")
    except PartnerUnavailable:
        return (yield Request("GET", "https://acme.example/else")).json["told"]
    return "told"


async def test_a_flow_can_do_without_an_answer() -> None:
    partner = Partner([httpx.ConnectError("away"), answer({"told": "elsewhere"})])
    async with open_http(transport=httpx.MockTransport(partner)) as http:
        assert await oauth.run(undemanding(), http) == "elsewhere"


async def test_an_answer_that_is_too_large_names_the_host_and_nothing_of_the_body() -> None:
    huge = httpx.Response(200, content=b'{"access_token": "secret' + b"x" * oauth.LARGEST_ANSWER)
    async with open_http(transport=httpx.MockTransport(Partner([huge]))) as http:
        with pytest.raises(UnexpectedResponse, match=r"acme\.example is larger .*check the address") as caught:
            await oauth.run(two_steps(), http)
    assert "secret" not in str(caught.value)
