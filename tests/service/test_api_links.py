from __future__ import annotations

from typing import Any

import httpx
import pytest

from runner.model.record import Record
from runner.store import records
from tests.engine.host import Host, open_host
from tests.partners import World
from tests.service.conftest import API_KEY


@pytest.fixture
async def host(here: World) -> Host:
    """Somebody on a project whom nobody has by e-mail over there."""
    opened = await open_host(here)
    await opened.store_stranger()
    twin = Record("user", "u2", {"name": "Anne Lee", "email": None})
    await here.write(lambda c: records.upsert(c, opened.host.id, [twin], here.clock.now()))
    await opened.drain()
    return opened


@pytest.fixture
def api(web: httpx.AsyncClient, host: Host) -> httpx.AsyncClient:
    web.headers.update({"Authorization": f"Bearer {API_KEY}"})
    web.base_url = httpx.URL(f"{web.base_url}/api/integrations/{host.source.id}/")
    return web


async def listed(api: httpx.AsyncClient) -> list[tuple[str, str, str]]:
    found = (await api.get("links", params={"kind": "user"})).json()["links"]
    return [(one["external_id"], one["host_id"], one["how"]) for one in found]


async def test_who_is_missing_is_listed_with_those_who_may_be_meant(api: httpx.AsyncClient) -> None:
    (missing,) = (await api.get("unmatched")).json()["unmatched"]
    assert (missing["kind"], missing["external_id"], missing["name"]) == ("user", "7", "Ann Lee")
    assert missing["connector"] == "companycam"
    assert missing["candidates"][0]["host_id"] == "u2"


async def test_a_link_by_hand_is_kept_and_ends_the_search(api: httpx.AsyncClient) -> None:
    answer = await api.put("links", json={"kind": "user", "external_id": "7", "host_id": "u2"})
    assert answer.status_code == 200, answer.text
    assert await listed(api) == [("7", "u2", "manual")]
    assert (await api.get("unmatched")).json() == {"unmatched": []}


async def test_a_link_is_taken_away_once(api: httpx.AsyncClient) -> None:
    await api.put("links", json={"kind": "user", "external_id": "7", "host_id": "u2"})
    which = {"kind": "user", "external_id": "7", "to": "companycam"}
    assert (await api.delete("links", params=which)).json() == {"links": []}
    again = await api.delete("links", params=which)
    assert (again.status_code, again.json()["error"]["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"kind": "usr", "external_id": "7", "host_id": "u2"}, 404, "did you mean `user`"),
        ({"kind": "user", "external_id": "8", "host_id": "u2"}, 404, "user 8"),
        ({"kind": "user", "external_id": "7", "host_id": "u2", "to": "jobber"}, 404, "not connected to jobber"),
        ({"kind": "user", "external_id": "7"}, 422, "host_id"),
        ({"kind": "user", "external_id": "7", "host_id": ""}, 422, "host_id"),
    ],
)
async def test_what_cannot_be_linked_is_told(
    api: httpx.AsyncClient, body: dict[str, Any], status: int, words: str
) -> None:
    answer = await api.put("links", json=body)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


async def test_of_an_unknown_integration_nothing_is_told(web: httpx.AsyncClient, here: World) -> None:
    web.headers.update({"Authorization": f"Bearer {API_KEY}"})
    for name in ("links", "unmatched"):
        assert (await web.get(f"/api/integrations/nobody/{name}")).status_code == 404
