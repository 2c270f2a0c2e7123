from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from runner.client.guard import open_http
from runner.client.sender import send
from runner.errors import FileChanged, MappingError, PartnerUnavailable, UnexpectedResponse
from runner.model.file import File, in_memory
from runner.model.http import Request, Response

URL = "https://acme.example/jobs"


async def sent(request: Request) -> httpx.Request:
    """The request as it goes out."""
    seen: list[httpx.Request] = []

    async def partner(received: httpx.Request) -> httpx.Response:
        seen.append(received)
        return httpx.Response(200)

    async with open_http(transport=httpx.MockTransport(partner)) as http:
        await send(http, request)
    return seen[0]


async def received(answer: httpx.Response | Exception, **options: Any) -> Response:
    """What comes of an answer to a plain GET."""

    async def partner(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with open_http(transport=httpx.MockTransport(partner)) as http:
        return await send(http, Request("GET", URL), **options)


async def test_json_goes_out_as_json() -> None:
    request = await sent(Request("POST", URL, json={"name": "é"}, has_json=True))
    assert (request.content, request.headers["content-type"]) == ('{"name":"é"}'.encode(), "application/json")


async def test_a_declared_content_type_stays() -> None:
    request = await sent(Request("POST", URL, json=None, has_json=True, headers={"content-type": "text/json"}))
    assert (request.content, request.headers["content-type"]) == (b"null", "text/json")


async def test_a_form_goes_out_form_encoded() -> None:
    assert (await sent(Request("POST", URL, form={"a": "1 +&"}))).content == b"a=1+%2B%26"


async def test_params_and_basic_auth_go_out() -> None:
    request = await sent(Request("GET", URL, params={"sort": "+x", "id": ["1", "2"]}, auth=("u", "p")))
    assert request.url.query == b"sort=%2Bx&id=1&id=2"
    assert request.headers["authorization"] == "Basic dTpw"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\x00", "é"])
async def test_a_header_that_cannot_be_sent_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(MappingError, match="header X-Key") as caught:
        await sent(Request("GET", URL, headers={"X-Key": value}))
    assert value not in str(caught.value)


async def test_an_answer_has_status_headers_and_body() -> None:
    response = await received(httpx.Response(404, headers={"X-Reason": "gone"}, content=b"[]"))
    assert (response.status, response.headers["x-reason"], response.body, response.url) == (404, "gone", b"[]", URL)


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    assert (await received(httpx.Response(302, headers={"Location": "https://evil.example"}))).status == 302


async def test_a_body_above_the_limit_is_refused() -> None:
    with pytest.raises(UnexpectedResponse, match="larger than 10 bytes"):
        await received(httpx.Response(200, content=b"x" * 11), largest=10)


async def test_the_limit_counts_decompressed_bytes() -> None:
    packed = httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(bytes(10**6)))
    )
    with pytest.raises(UnexpectedResponse, match="larger than"):
        await received(packed, largest=10_000)


async def test_a_body_that_is_not_compressed_as_it_says_is_refused() -> None:
    packed = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip at all"))
    with pytest.raises(UnexpectedResponse, match="not compressed"):
        await received(packed)


@pytest.mark.parametrize(
    ("error", "was_sent"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout("slow"), False),
        (httpx.PoolTimeout("full"), False),
        (httpx.ReadTimeout("slow"), True),
        (httpx.ReadError("reset"), True),
        (httpx.RemoteProtocolError("gone"), True),
    ],
)
async def test_no_answer_tells_whether_the_partner_may_have_acted(error: Exception, was_sent: bool) -> None:
    with pytest.raises(PartnerUnavailable, match=r"acme\.example") as caught:
        await received(error)
    assert caught.value.sent is was_sent


async def test_an_answer_that_trickles_for_too_long_is_given_up() -> None:
    async def partner(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return httpx.Response(200)

    async with open_http(transport=httpx.MockTransport(partner)) as http:
        with pytest.raises(PartnerUnavailable, match="no answer"):
            await send(http, Request("GET", URL, timeout=0.01))


async def test_cookies_of_one_call_do_not_go_out_with_the_next() -> None:
    seen: list[str | None] = []

    async def partner(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "session=of-another-account"})

    async with open_http(transport=httpx.MockTransport(partner)) as http:
        await send(http, Request("GET", URL))
        await send(http, Request("GET", URL))
    assert seen == [None, None]


async def test_a_file_goes_out_with_its_length_and_is_closed_when_nobody_wants_it() -> None:
    ended = []

    async def read(begin: int, end: int) -> AsyncGenerator[bytes, None]:
        try:
            yield b"he"
            yield b"llo"
        finally:
            ended.append(begin)

    request = await sent(Request("POST", URL, content=File("a.txt", 5, read), headers={"Content-Type": "text/plain"}))
    assert (request.content, request.headers["content-length"]) == (b"hello", "5")
    assert ("transfer-encoding" in request.headers, request.headers["content-type"]) == (False, "text/plain")
    with pytest.raises(PartnerUnavailable):
        async with open_http(transport=httpx.MockTransport(_refusing)) as http:
            await send(http, Request("POST", URL, content=File("a.txt", 5, read)))
    assert ended == [0, 0]


async def _refusing(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no")


async def test_parts_have_their_own_type_whatever_other_calls_have() -> None:
    parts = {"file": in_memory(b"hello", "a.txt")}
    request = await sent(Request("POST", URL, parts=parts, headers={"Content-Type": "application/json"}))
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert len(request.content) == int(request.headers["content-length"])


async def test_a_file_that_cannot_be_read_is_told_as_what_it_is() -> None:
    async def read(begin: int, end: int) -> AsyncGenerator[bytes, None]:
        yield b"he"
        raise FileChanged("it has changed")

    with pytest.raises(FileChanged):
        await sent(Request("POST", URL, content=File("a.txt", 5, read)))
