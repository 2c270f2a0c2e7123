"""CompanyCam as a source: what changes at the host comes back, by syncs and by its own webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from runner.authoring.simulate.companycam import CompanyCam
from runner.engine.integrations import disconnect
from runner.engine.syncs import sync
from runner.model.integration import Integration, Reason
from runner.model.run import RunState
from tests.partners import World, world

FIRST = "94772883"


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, size=23) as opened:
        yield opened


@pytest.fixture
async def company(here: World) -> Integration:
    return await here.connect("companycam")


async def run(here: World, company: Integration, *names: str, full: bool = False) -> list[Any]:
    return [await sync.run(here.house, company, name, full=full) for name in names]


def alive(partner: CompanyCam, what: str) -> set[str]:
    return {row["id"] for row in partner.table(what) if row["status"] == "active"}


async def test_what_is_stored_is_what_the_account_has(here: World, company: Integration) -> None:
    runs = await run(here, company, "users", "projects", "photos")
    assert [(one.state, one.counts.quarantined) for one in runs] == [(RunState.DONE, 0)] * 3
    projects = await here.records(company, "project")
    assert {key for key, record in projects.items() if not record.inactive} <= alive(here.companycam, "projects")
    assert projects.keys() == {row["id"] for row in here.companycam.table("projects")}
    assert (await here.records(company, "photo")).keys() == alive(here.companycam, "photos")
    assert here.companycam.violations == 0


async def test_photos_are_walked_by_the_cursor_in_the_headers(database_url: str) -> None:
    async with world(database_url, size=240) as here:
        company = await here.connect("companycam")
        (one,) = await run(here, company, "photos")
        photos = alive(here.companycam, "photos")
        assert one.counts.pages == -(-len(photos) // 100)
        assert one.counts.pages > 1
        assert (await here.records(company, "photo")).keys() == photos


async def test_a_photo_that_was_deleted_goes_with_the_next_full_pass(here: World, company: Integration) -> None:
    await run(here, company, "photos")
    gone = min(alive(here.companycam, "photos"))
    here.companycam.change("photos", gone, status="deleted")
    await run(here, company, "photos", full=True)
    assert (await here.records(company, "photo")).keys() == alive(here.companycam, "photos")


async def told(here: World) -> None:
    """Deliver what waits, and let the runner work on it."""
    here.clock.advance(5)
    assert all(one.status == 200 for one in await here.companycam.deliver())
    here.clock.advance(10)
    await here.work()


def hooks(here: World) -> list[dict[str, Any]]:
    return list(here.companycam.table("webhooks"))


@pytest.mark.parametrize("wrapped", [True, False])
async def test_webhooks_bring_projects_and_photos(database_url: str, wrapped: bool) -> None:
    async with world(database_url, companycam={"wrapped": wrapped}) as here:
        company, partner = await here.connect("companycam"), here.companycam
        await here.work()
        (hook,) = hooks(here)
        assert (hook["scopes"], hook["enabled"]) == (["project.*", "photo.*"], True)
        partner.change("projects", FIRST, name="Told by webhook")
        photo = min(alive(partner, "photos"))
        partner.change("photos", photo, description="Told too")
        partner.outbox.disturb(copies=2, reverse=True)
        await told(here)
        assert (await here.records(company, "project"))[FIRST].fields["name"] == "Told by webhook"
        assert (await here.records(company, "photo"))[photo].fields["description"] == "Told too"


async def test_a_project_that_was_deleted_is_deleted(here: World, company: Integration) -> None:
    await here.work()
    here.companycam.remove("projects", FIRST)
    await told(here)
    assert FIRST not in await here.records(company, "project")


async def test_a_webhook_that_was_switched_off_is_switched_on_again(here: World, company: Integration) -> None:
    """After 25 failures the partner disables it; what was missed comes with the syncs that follow."""
    await here.work()
    (hook,) = hooks(here)
    here.companycam.table("webhooks").change(hook["id"], {"enabled": False}, here.companycam.stamp())
    here.companycam.change("projects", FIRST, name="Missed")
    here.clock.advance(7200)
    await here.work()
    assert [(row["id"], row["enabled"]) for row in hooks(here)] == [(hook["id"], True)]
    assert (await here.records(company, "project"))[FIRST].fields["name"] == "Missed"


async def test_disconnecting_removes_the_webhook(here: World, company: Integration) -> None:
    await here.work()
    await disconnect.disconnect(here.house, company, Reason("disconnected", "the company asked for it"))
    await here.work()
    assert hooks(here) == []
