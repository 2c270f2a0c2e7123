"""What a team's tests rely on: verbs that do what they say, and nothing that leaves the process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from runner.authoring.simulate.server import UnknownPartnerError
from runner.errors import SettingsError
from runner.model.integration import State
from runner.store import events, integrations
from runner.store.events import EventFilter
from runner.testing.project import Project
from runner.testing.simulated import Cast, Shipped
from runner.testing.wire import Wire
from runner.testing.world import World, open_world
from tests.partners import ROOT

NEWS = {
    "jobber": {
        "data": {
            "webHookEvent": {
                "topic": "CLIENT_UPDATE",
                "accountId": "ACCOUNT",
                "itemId": "1",
                "occurredAt": "2026-05-04T15:00:00Z",
            }
        }
    },
    "servicetitan": {"userassignedid": "e-1", "type": "tn.jpm.job-updated", "data": {"tenantId": "ACCOUNT", "job": {}}},
}


@pytest.fixture(scope="session")
def project() -> Project:
    return Project.read(ROOT)


@pytest.fixture
def partners() -> Cast:
    return {"jobber": Shipped({"size": 3}), "servicetitan": Shipped({"size": 3})}


@pytest.fixture
async def kept(world: World, project: Project, partners: Cast, database_url: str) -> AsyncIterator[World]:
    """Another world over the same database, as a test leaves it that was killed."""
    async with open_world(database_url, project, partners) as opened:
        yield opened


@pytest.mark.parametrize("name", NEWS)
async def test_a_webhook_is_signed_as_the_connector_says(world: World, name: str) -> None:
    company = await world.connect(name)
    told = str(NEWS[name]).replace("ACCOUNT", company.account_id or "").replace("'", '"').encode()
    answer = await world.deliver(name, told)
    assert (answer.status, answer.accepted, answer.unrouted) == (200, 1, 0)
    assert (await world.receive(name, told, {})).status == 401
    (event,) = await world.read(lambda c: events.find(c, EventFilter()))
    assert event.integration_id == company.id


async def test_what_cannot_be_signed_says_what_is_missing(world: World) -> None:
    with pytest.raises(SettingsError, match=r"there is no subscription\.secret to sign with"):
        await world.deliver("companycam", {})
    with pytest.raises(SettingsError, match=r"there is no app\.client_secret to sign with"):
        await world.deliver("hubspot", [])


async def test_companies_of_tests_leave_nothing_behind(world: World, kept: World) -> None:
    mine, other = await kept.connect("jobber"), await kept.connect("servicetitan", "other")
    await world.forget(["acme"])
    left = await world.read(integrations.find)
    assert [one.id for one in left] == [other.id]
    assert mine.state is State.ACTIVE


async def test_a_sync_stores_what_the_partner_has(world: World) -> None:
    company = await world.connect("jobber")
    run = await world.sync(company, "clients", full=True)
    table = world.partners["jobber"].table("clients")
    assert run.counts.seen == len(list(table))
    assert set(await world.records(company, "contact")) >= {row["id"] for row in table}
    assert (await world.integration(company.id)).state is State.ACTIVE


async def test_a_host_that_nobody_stands_for_cannot_be_reached(world: World) -> None:
    assert world.wire.hosts.keys() >= {"api.getjobber.com", "api.servicetitan.io", "auth.servicetitan.io"}
    with pytest.raises(httpx.ConnectError, match=r"no partner of this test is at evil\.example \(there are api-int"):
        await world.house.http.get("https://evil.example/")


async def test_a_star_stands_for_every_host_below() -> None:
    async def answer(scope: dict[str, str], receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})  # type: ignore[operator]  # ASGI
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]  # ASGI

    async with httpx.AsyncClient(transport=Wire({"*.acme.example": answer})) as client:
        assert (await client.get("https://a.b.acme.example/")).status_code == 204
        for host in ("acme.example", "evilacme.example", "acme.example.evil"):
            with pytest.raises(httpx.ConnectError):
                await client.get(f"https://{host}/")


async def test_a_partner_that_nobody_simulates_is_told(world: World) -> None:
    with pytest.raises(UnknownPartnerError, match="nobody simulates 'acme'; there are servicetitan, jobber"):
        Shipped().made("acme", world.clock, world.house.http, "https://runner.example", True)
