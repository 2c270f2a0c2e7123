"""Pushes over the API: what failed and why, how destinations stand, and running it again."""

from __future__ import annotations

import httpx
import pytest

from runner.engine.pushes import push
from runner.model.push import PushState
from runner.store import circuits, pushes
from tests.engine.host import POST, Host, open_host
from tests.partners import World
from tests.service.conftest import API_KEY


@pytest.fixture
def api(web: httpx.AsyncClient) -> httpx.AsyncClient:
    web.headers["X-API-Key"] = API_KEY
    return web


@pytest.fixture
async def host(here: World) -> Host:
    """One push that the host refused, and one that it took."""
    host = await open_host(here)
    await host.store("project", "1", {"name": "Roof"})
    await host.store("project", "2", {"name": "Wall"})
    here.companycam.fail_next(1, 422, on=POST)
    await host.drain()
    return host


async def test_what_failed_is_told_by_reason(api: httpx.AsyncClient, host: Host) -> None:
    (found,) = (await api.get("/api/destinations")).json()["destinations"]
    assert (found["destination"], found["company"], found["connector"]) == (host.host.id, "acme", "companycam")
    assert (found["pushes"]["done"], found["pushes"]["failed"]) == (1, 1)
    assert found["circuit"]["state"] == "closed"
    (dead,) = found["dead"]
    assert (dead["rule"], dead["reason"], dead["count"]) == ("projects", "answer-422", 1)


async def test_pushes_are_listed_by_what_is_asked(api: httpx.AsyncClient, host: Host) -> None:
    (failed,) = (await api.get("/api/pushes", params={"reason": "answer-422"})).json()["pushes"]
    assert (failed["state"], failed["rule"], failed["destination"]) == ("failed", "projects", host.host.id)
    (done,) = (await api.get("/api/pushes", params={"state": "done", "destination": host.host.id})).json()["pushes"]
    assert done["reason"] is None
    assert (await api.get("/api/pushes", params={"rule": "crew"})).json() == {"pushes": []}


async def test_those_of_a_reason_are_run_again(here: World, api: httpx.AsyncClient, host: Host) -> None:
    answer = await api.post("/api/pushes/replay", json={"reason": "answer-422"})
    assert (answer.status_code, answer.json()) == (200, {"replayed": 1})
    await here.work()
    assert {one.state for one in await here.read(pushes.find)} == {PushState.DONE}
    assert host.made == 2


@pytest.mark.parametrize(
    ("body", "status"), [({}, 422), ({"ids": [99999]}, 404), ({"reason": "none"}, 200), ({"integration": "x"}, 422)]
)
async def test_what_nothing_fits_is_said(api: httpx.AsyncClient, host: Host, body: object, status: int) -> None:
    answer = await api.post("/api/pushes/replay", json=body)
    assert answer.status_code == status, answer.text
    assert [one.state for one in await host.pushes()].count(PushState.FAILED) == 1


async def test_a_destination_that_is_down_is_seen(here: World, api: httpx.AsyncClient, host: Host) -> None:
    for number in range(3, 12):
        await host.store("project", str(number), {"name": f"Roof {number}"})
    here.companycam.fail_next(1000, 503, on=POST)
    pushed = await push.drain(here.house, host.host.id)
    (found,) = (await api.get("/api/destinations")).json()["destinations"]
    assert found["circuit"]["state"] == "open"
    assert "503" in found["circuit"]["note"]
    assert pushed.next_at == (await here.read(lambda c: circuits.get(c, host.host.id))).trial_at
    told = (await api.get("/metrics")).text
    assert 'runner_destination_circuits{destination="companycam",state="open"} 1.0' in told
    assert 'runner_destination_circuits{destination="companycam",state="closed"} 0.0' in told
    assert 'runner_dead_pushes{destination="companycam",reason="answer-422"} 1.0' in told
