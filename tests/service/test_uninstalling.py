from __future__ import annotations

import base64

import httpx
import pytest

from runner.model.secret import Secret
from runner.service.app import App
from runner.service.settings import Settings
from tests.apps import with_apps
from tests.partners import APPS, BASE, World

RIGHT = "Basic " + base64.b64encode(b"pipedrive-app:pipedrive-secret").decode()


@pytest.fixture
def web(here: World) -> httpx.AsyncClient:
    app = {"client_id": "pipedrive-app", "client_secret": Secret("pipedrive-secret")}
    house = with_apps(here.house, {**APPS, "pipedrive": app})
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=App(house, Settings.read({}))), base_url=BASE)


@pytest.mark.parametrize(
    ("method", "header", "body", "status"),
    [
        ("DELETE", RIGHT, b'{"company_id": 77}', 200),
        ("DELETE", RIGHT, b"no JSON", 400),
        ("DELETE", RIGHT, b"x" * 30_000, 413),
        ("DELETE", "", b'{"company_id": 77}', 401),
        ("DELETE", "Basic x", b'{"company_id": 77}', 401),
        ("POST", RIGHT, b'{"company_id": 77}', 401),
        ("PUT", RIGHT, b'{"company_id": 77}', 405),
    ],
)
async def test_only_the_partner_is_heard(
    web: httpx.AsyncClient, method: str, header: str, body: bytes, status: int
) -> None:
    answer = await web.request(method, "/oauth/callback", content=body, headers={"Authorization": header})
    assert answer.status_code == status
    assert "pipedrive" not in answer.text
