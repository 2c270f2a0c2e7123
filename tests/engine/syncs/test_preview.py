"""A sync without its effects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from runner.engine.syncs import sync
from runner.engine.syncs.preview import preview
from runner.errors import PartnerUnavailable
from runner.store.spool import Spool
from runner.store.tables import TABLES
from tests.engine.depot import SIZE, yard
from tests.engine.syncs.test_missing import TestDeletesByAbsence
from tests.engine.ways import WAYS
from tests.partners import World, world
from tests.shelf import altered

CACHES = ("partner_calls", "endpoint_calls", "credentials", "limits")
"""What a dry run may touch: figures of calls, limits, and what keeps the partner open."""


@pytest.fixture
def spool() -> Iterator[Spool]:
    with Spool() as made:
        yield made


async def everything(here: World) -> dict[str, Any]:
    """All that the database holds, but for that."""
    kept = [table for table in TABLES if table.name not in CACHES]
    return await here.read(lambda c: {table.name: [tuple(row) for row in c.execute(select(table))] for table in kept})


async def test_nothing_is_written(here: World, spool: Spool) -> None:
    integration = await here.connect("servicetitan")
    before = await everything(here)
    found = await preview(here.house, integration, "jobs", spool)
    assert found.created
    assert await everything(here) == before


async def test_what_comes_first_would_be_created(here: World, spool: Spool) -> None:
    integration = await here.connect("servicetitan")
    found = await preview(here.house, integration, "jobs", spool)
    run = await sync.run(here.house, integration, "jobs")
    assert (found.full, found.pages, found.seen) == (run.full, run.counts.pages, run.counts.seen)
    assert len(found.created) == run.counts.created
    assert not found.changed


async def test_a_change_is_told_field_by_field(here: World, spool: Spool) -> None:
    integration = await here.connect("servicetitan")
    await sync.run(here.house, integration, "jobs")
    here.clock.advance(600)
    here.servicetitan.change("jobs", 7004, jobStatus="Completed")
    stored = (await here.records(integration, "project"))["7004"].fields["status"]
    found = await preview(here.house, integration, "jobs", spool)
    assert [(one.kind, one.external_id) for one in found.changed] == [("project", "7004")]
    assert found.changed[0].fields["status"] == (stored, "completed")
    assert not found.full


async def test_a_second_full_pass_changes_nothing(here: World, spool: Spool) -> None:
    integration = await here.connect("servicetitan")
    run = await sync.run(here.house, integration, "jobs")
    found = await preview(here.house, integration, "jobs", spool, full=True)
    assert found.unchanged == run.counts.created
    assert [*found.created, *found.changed, *found.deleted] == []


async def test_a_quarantined_payload_is_told_with_its_reasons(database_url: str, spool: Spool) -> None:
    wrong = altered("servicetitan", ("name: join(' ', ['Job', jobNumber || text(id)])", "name: sum(jobNumber)"))
    async with world(database_url, connectors=wrong) as here:
        integration = await here.connect("servicetitan")
        found = await preview(here.house, integration, "jobs", spool)
    assert len(found.quarantined) == found.seen > 0
    assert "`name`" in found.quarantined[0].reasons[0]


async def test_what_a_full_pass_does_not_meet_would_be_deleted(database_url: str, spool: Spool) -> None:
    strict = altered("servicetitan", TestDeletesByAbsence.CHANGE)
    async with world(database_url, connectors=strict, size=200) as here:
        integration = await here.connect("servicetitan")
        await sync.run(here.house, integration, "technicians")
        gone = next(iter(await here.records(integration, "user")))
        here.servicetitan.table("technicians").remove(int(gone))
        found = await preview(here.house, integration, "technicians", spool, full=True)
        left = await here.records(integration, "user")
    assert list(found.deleted) == [("user", gone)]
    assert gone in left


async def test_a_partner_that_fails_is_told(here: World, spool: Spool) -> None:
    integration = await here.connect("servicetitan")
    before = await everything(here)
    here.servicetitan.fail_next(50, 500, on="/jobs")
    with pytest.raises(PartnerUnavailable):
        await preview(here.house, integration, "jobs", spool)
    assert await everything(here) == before


async def test_what_comes_on_two_pages_is_told_once_as_it_came_last(database_url: str, spool: Spool) -> None:
    async with yard(database_url, WAYS["offset, since"]) as here:

        async def before(request: httpx.Request) -> None:
            if request.url.params["offset"] == str(SIZE):
                here.depot.put("a000", "New")  # all others move down by one
                here.depot.put("c003", "Changed")

        here.depot.before = before
        found = await preview(here.house, here.integration, "contacts", spool)
        stored = await here.names()
    assert found.seen == 24
    told = {record.external_id: record.fields["name"] for record in found.created}
    assert len(found.created) == len(told) == 23
    assert told["c003"] == "Changed"
    assert stored == {}
