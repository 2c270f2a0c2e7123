"""Any method on any public address: what it is not made for is 405 with the methods that there are, and never a 5xx."""

from __future__ import annotations

import httpx
import pytest

from tests.partners import World
from tests.service.conftest import API_KEY

ADDRESSES = {
    "/": {"GET"},
    "/healthz": {"GET"},
    "/readyz": {"GET"},
    "/metrics": {"GET"},
    "/oauth/callback": {"GET", "POST", "DELETE"},
    "/oauth/jobber/authorize": {"GET", "POST"},
    "/webhooks/jobber": {"POST"},
    "/webhooks/jobber/some-integration": {"POST"},
    "/api/openapi.json": {"GET"},
    "/api/integrations": {"GET", "POST"},
    "/api/integrations/nobody": {"GET", "DELETE"},
    "/api/integrations/nobody/link": {"POST"},
    "/api/integrations/nobody/sync": {"POST"},
    "/api/records": {"GET"},
    "/api/changes": {"GET"},
    "/api/deliveries": {"GET"},
}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "X" * 500]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_method_that_there_is_not_is_405(here: World, web: httpx.AsyncClient, address: str) -> None:
    known = ADDRESSES[address]
    for method in METHODS:
        answer = await web.request(method, address, headers={"X-API-Key": API_KEY})
        assert answer.status_code < 500, method
        heads = "GET" in known and address != "/oauth/callback"
        is_known = method in known or (method == "HEAD" and heads)
        if not is_known:
            assert answer.status_code == 405, method
            assert known <= set(answer.headers["allow"].replace(" ", "").split(",")), method
        assert method == "HEAD" or answer.is_success or answer.content


@pytest.mark.parametrize(
    "address",
    ["/oauth", "/oauth/callback/", "/webhooks", "/webhooks/", "/api", "/api/", "/%2e%2e/api", "/console/x"],
)
async def test_an_address_that_there_is_not_is_404(web: httpx.AsyncClient, address: str) -> None:
    for method in METHODS:
        answer = await web.request(method, address)
        assert answer.status_code in (404, 405, 307), (method, address)
