"""Partners sign the address that they were given. Behind a proxy that is not the one that the request came to."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest

from runner.service.app import App
from runner.service.settings import Settings
from tests.partners import BASE, world
from tests.shelf import altered

KEY = "servicetitan-webhook-key-of-32-or-more"
SIGNS = 'signs: ["{{ method }}{{ url }}{{ raw_body }}", "{{ method }}{{ url_decoded }}{{ raw_body }}"]'
BODY = orjson.dumps({"userassignedid": "e-1", "type": "tn.acc.invoice-posted", "data": {"tenantId": 5}})
PATH = "/webhooks/servicetitan?a=1%3A2&b=%2F"


@pytest.fixture
async def proxied(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The app as a proxy calls it: by an address of its own, with headers that anybody can make up."""
    async with world(database_url, connectors=altered("servicetitan", ('signs: "{{ raw_body }}"', SIGNS))) as here:
        transport = httpx.ASGITransport(app=App(here.house, Settings.read({})))
        made_up = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.example"}
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:8080", headers=made_up) as client:
            yield client


async def answered(proxied: httpx.AsyncClient, signed_url: str) -> int:
    message = b"POST" + signed_url.encode() + BODY
    headers = {"X-ServiceTitan-Signature": hmac.new(KEY.encode(), message, "sha256").hexdigest()}
    return (await proxied.post(PATH, content=BODY, headers=headers)).status_code


@pytest.mark.parametrize("path_", [PATH, "/webhooks/servicetitan?a=1:2&b=/"], ids=["as it came", "decoded"])
async def test_the_public_address_is_the_signed_one(proxied: httpx.AsyncClient, path_: str) -> None:
    assert await answered(proxied, BASE + path_) == 200


@pytest.mark.parametrize("base", ["http://10.0.0.7:8080", "https://evil.example", "http://evil.example"])
async def test_no_header_changes_the_address(proxied: httpx.AsyncClient, base: str) -> None:
    assert await answered(proxied, base + PATH) == 401


@pytest.mark.parametrize(
    "path_", ["/webhooks/servicetitan", "/webhooks/servicetitan?a=1%3A2", "/webhooks/servicetitan?b=%2F&a=1%3A2"]
)
async def test_every_part_of_it_counts(proxied: httpx.AsyncClient, path_: str) -> None:
    assert await answered(proxied, BASE + path_) == 401
