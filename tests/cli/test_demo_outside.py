"""The demo's office and host of pictures: they check what they are given, and say so where it is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import orjson
import pytest

from runner.cli.demo_outside import LARGE, SMALL, Outside, picture
from runner.components.verifiers.standard_webhooks import sign
from runner.model.secret import Secret

BODY = orjson.dumps({"data": {"key": "push_1"}})
AT = datetime(2026, 5, 4, 15, 20, tzinfo=UTC)


@pytest.fixture
def outside() -> Outside:
    return Outside(bytes(32))


@pytest.fixture
async def client(outside: Outside) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(outside.app), base_url="http://outside") as opened:
        yield opened


def signed(body: bytes = BODY) -> dict[str, str]:
    secret = Secret("whsec_" + "A" * 43 + "=")
    time = str(int(AT.timestamp()))
    return {"webhook-id": "m1", "webhook-timestamp": time, "webhook-signature": sign(secret, "m1", AT, body)}


async def test_what_the_runner_signed_is_taken(outside: Outside, client: httpx.AsyncClient) -> None:
    answer = await client.post("/office", content=BODY, headers=signed())
    assert (answer.status_code, list(outside.changes), outside.wrong) == (204, ["push_1"], [])


async def test_what_another_signed_is_wrong(outside: Outside, client: httpx.AsyncClient) -> None:
    answer = await client.post("/office", content=BODY + b" ", headers=signed())
    assert (answer.status_code, outside.changes) == (401, {})
    assert outside.wrong == ["a post to the office is not signed by the runner"]


async def test_what_comes_twice_is_wrong(outside: Outside, client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await client.post("/office", content=BODY, headers=signed())
    assert outside.wrong == ["the office was told push_1 twice"]


async def test_while_it_is_away_it_takes_nothing(outside: Outside, client: httpx.AsyncClient) -> None:
    outside.down = True
    answer = await client.post("/office", content=BODY, headers=signed())
    assert (answer.status_code, outside.turned_away, outside.changes) == (503, 1, {})


async def test_a_picture_is_served_whole_and_in_ranges(client: httpx.AsyncClient) -> None:
    whole = await client.get("/pictures/roof-1.jpg")
    part = await client.get("/pictures/roof-1.jpg", headers={"Range": "bytes=10-19"})
    rest = await client.get("/pictures/roof-1.jpg", headers={"Range": f"bytes={SMALL - 5}-"})
    assert whole.content == picture("roof-1")
    assert (part.status_code, part.content) == (206, picture("roof-1")[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{SMALL}"
    assert rest.content == picture("roof-1")[-5:]


def test_a_large_picture_goes_in_pieces() -> None:
    assert len(picture("large-roof")) == LARGE > 8_388_608
    assert picture("roof-1") != picture("roof-2")
