from __future__ import annotations

import base64
import hashlib
import hmac
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.store import events, rejections
from runner.store.events import EventFilter
from tests.partners import World


def body(number: int = 1, account: str = "A1") -> bytes:
    event = {"topic": "CLIENT_UPDATE", "appId": "x", "accountId": account, "itemId": f"c{number}", "occurredAt": "t"}
    return orjson.dumps({"data": {"webHookEvent": event}})


def signed(raw: bytes, secret: str = "jobber-secret") -> dict[str, str]:
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    return {"X-Jobber-Hmac-SHA256": base64.b64encode(digest).decode()}


async def post(web: httpx.AsyncClient, raw: bytes, path: str = "/webhooks/jobber") -> httpx.Response:
    return await web.post(path, content=raw, headers=signed(raw))


async def test_what_is_answered_with_the_partners_status_is_stored(here: World, web: httpx.AsyncClient) -> None:
    answer = await post(web, body())
    assert (answer.status_code, answer.content) == (200, b"")
    stored = await here.read(lambda c: events.find(c, EventFilter()))
    assert [one.type for one in stored] == ["CLIENT_UPDATE"]


@pytest.mark.sqlite_only
async def test_the_stored_url_is_the_public_one_as_it_came(here: World, web: httpx.AsyncClient, path: Path) -> None:
    await post(web, body(), "/webhooks/jobber?a=%2F&b=1")
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT url FROM deliveries").fetchall() == [
            ("https://runner.example/webhooks/jobber?a=%2F&b=1",)
        ]


async def test_a_wrong_signature_is_401_and_counted(here: World, web: httpx.AsyncClient) -> None:
    answer = await web.post("/webhooks/jobber", content=body(), headers=signed(b"other"))
    assert (answer.status_code, answer.json()) == (401, {"error": "bad-signature"})
    await here.house.refusals.close()  # an answer waits for its count half a second at most
    counted = await here.read(rejections.find)
    assert [(one.connector, one.reason, one.count) for one in counted] == [("jobber", "bad-signature", 1)]


async def test_a_body_that_says_that_it_is_too_large_is_not_read(web: httpx.AsyncClient) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("was read")
        yield b""

    answer = await web.post("/webhooks/jobber", content=never(), headers={"Content-Length": "9999999"})
    assert (answer.status_code, answer.json()) == (413, {"error": "delivery-too-large"})


async def test_a_chunked_body_is_read_no_further_than_allowed(here: World, web: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100_000
            yield b"x" * 100_000

    answer = await web.post("/webhooks/jobber", content=endless())
    assert answer.status_code == 413
    assert sent <= here.house.config.serve.largest_delivery + 200_000
    await here.house.refusals.close()  # an answer waits for its count half a second at most
    assert [one.reason for one in await here.read(rejections.find)] == ["delivery-too-large"]


@pytest.mark.parametrize("name", ["nobody", "..%2F..%2Fetc", "%00"])
async def test_a_connector_that_is_not_there_is_404(web: httpx.AsyncClient, name: str) -> None:
    assert (await post(web, body(), f"/webhooks/{name}")).status_code == 404


@pytest.mark.parametrize("address", ["/webhooks/", "/webhooks/a/b/c", "/webhooks//x"])
async def test_an_address_that_there_is_not_is_404(web: httpx.AsyncClient, address: str) -> None:
    assert (await post(web, body(), address)).status_code == 404


async def test_other_methods_are_405(web: httpx.AsyncClient) -> None:
    assert (await web.put("/webhooks/jobber", content=b"")).status_code == 405


async def test_a_duplicate_is_answered_like_the_first(web: httpx.AsyncClient) -> None:
    assert [(await post(web, body())).status_code for _ in range(2)] == [200, 200]


async def test_a_store_that_is_away_is_503(here: World, web: httpx.AsyncClient) -> None:
    await here.house.store.close()
    answer = await post(web, body())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(raw=st.binary(max_size=300))
async def test_no_well_signed_body_gives_a_5xx(web: httpx.AsyncClient, raw: bytes) -> None:
    assert (await post(web, raw)).status_code in (200, 400)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    event=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5),
        lambda deeper: (
            st.lists(deeper, max_size=3)
            | st.dictionaries(st.sampled_from(["topic", "itemId", "accountId", "occurredAt", "x"]), deeper, max_size=4)
        ),
        max_leaves=8,
    )
)
async def test_no_well_signed_event_gives_a_5xx(web: httpx.AsyncClient, event: object) -> None:
    raw = orjson.dumps({"data": {"webHookEvent": event}}) if event != "\ud800" else b"{}"
    assert (await post(web, raw)).status_code in (200, 400)
