from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.limits import Window
from runner.engine.integrations.disconnect import disconnect
from runner.engine.syncs import sync
from runner.engine.syncs.start import begun
from runner.engine.syncs.walk import Page, pages
from runner.errors import AuthenticationError, NotFound, PartnerUnavailable, RateLimited, UnexpectedResponse
from runner.model.integration import Integration, Reason, State
from runner.model.run import Checkpoint, RunState
from runner.store import checkpoints, integrations, runs
from tests.partners import World, world
from tests.shelf import altered

pytestmark = pytest.mark.each_database

JOBS = 23
PAGE = 5
PAGES = 5


@pytest.fixture
async def paged(database_url: str) -> AsyncIterator[World]:
    async with world(
        database_url, connectors=altered("servicetitan", ("pageSize: 500", f"pageSize: {PAGE}")), size=JOBS
    ) as opened:
        yield opened


async def checkpoint(here: World, integration: Integration, name: str = "jobs") -> Any:
    return await here.read(lambda c: checkpoints.get(c, integration.id, name))


async def state_of(here: World, integration: Integration) -> Integration:
    return await here.read(lambda c: integrations.get(c, integration.id))


class Killed(BaseException):
    """What a kill looks like from inside: nothing catches it."""


def die_at(here: World, number: int, path: str = "/jobs") -> None:
    """The wire goes dead at the `number`-th request to a path, counted from now."""
    seen = 0

    async def before(request: httpx.Request) -> None:
        nonlocal seen
        seen += request.url.path.endswith(path)
        if seen == number and request.url.path.endswith(path):
            raise Killed

    here.wire.before = before


async def test_all_syncs_of_all_partners_bring_records(here: World) -> None:
    for name in ("servicetitan", "jobber", "companycam"):
        integration = await here.connect(name)
        assert integration.reason is None
        for sync_name in here.house.connectors.get(name).syncs:
            run = await sync.run(here.house, integration, sync_name)
            assert run.state is RunState.DONE, sync_name
            assert run.counts.created, sync_name
            assert not run.counts.quarantined, (sync_name, here.log.lines)
            assert run.counts.calls >= run.counts.pages, sync_name


async def test_an_unchanged_second_full_sync_writes_no_record(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    first = await sync.run(paged.house, integration, "jobs", full=True)
    second = await sync.run(paged.house, integration, "jobs", full=True)
    assert first.counts.created == second.counts.unchanged == JOBS
    assert not second.counts.created
    assert not second.counts.changed


@pytest.mark.parametrize("page", range(1, PAGES + 1))
async def test_a_killed_sync_goes_on_at_its_page_and_misses_nothing(paged: World, page: int) -> None:
    integration = await paged.connect("servicetitan")
    die_at(paged, page)
    with pytest.raises(Killed):
        await sync.run(paged.house, integration, "jobs")
    paged.wire.before = None
    stored = await paged.records(integration, "project")
    assert len(stored) == (page - 1) * PAGE

    calls = paged.wire.count("GET", "/jobs")
    run = await sync.run(paged.house, integration, "jobs")
    assert run.state is RunState.DONE
    assert run.counts.seen == JOBS
    assert len(await paged.records(integration, "project")) == JOBS
    assert paged.wire.count("GET", "/jobs") - calls == PAGES - page + 1


@pytest.mark.parametrize("page", range(1, PAGES + 1))
async def test_a_kill_never_moves_the_checkpoint_past_what_is_stored(paged: World, page: int) -> None:
    integration = await paged.connect("servicetitan")
    die_at(paged, page)
    with pytest.raises(Killed):
        await sync.run(paged.house, integration, "jobs")
    kept = await checkpoint(paged, integration)
    assert kept.value is None
    assert (kept.progress is None) == (page == 1)


async def test_the_run_of_a_killed_sync_is_the_run_that_ends(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    die_at(paged, 3)
    with pytest.raises(Killed):
        await sync.run(paged.house, integration, "jobs")
    paged.wire.before = None
    await sync.run(paged.house, integration, "jobs")
    found = await paged.read(lambda c: runs.find(c, integration.id, "jobs"))
    assert [run.state for run in found] == [RunState.DONE]


async def test_only_what_changed_is_asked_for_next_time(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    await sync.run(paged.house, integration, "jobs")
    paged.clock.advance(600)
    paged.servicetitan.change("jobs", 7004, jobStatus="Completed")
    run = await sync.run(paged.house, integration, "jobs")
    assert run.counts.changed == 1
    assert run.counts.seen < PAGE
    assert (await paged.records(integration, "project"))["7004"].fields["status"] == "completed"


async def test_the_checkpoint_never_goes_back(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    await sync.run(paged.house, integration, "jobs")
    before = await checkpoint(paged, integration)
    await paged.write(
        lambda c: checkpoints.save(c, integration.id, "jobs", before.__class__("2027-01-01T00:00:00.000000Z"))
    )
    await sync.run(paged.house, integration, "jobs", full=True)
    assert (await checkpoint(paged, integration)).value == "2027-01-01T00:00:00.000000Z"


async def test_a_full_pass_comes_when_it_is_due(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    passes = []
    for hours in (0, 1, 24):
        paged.clock.advance(hours * 3600)
        passes.append((await sync.run(paged.house, integration, "jobs")).full)
    assert passes == [True, False, True]


async def test_a_limit_is_waited_out_and_counted(database_url: str) -> None:
    limits = (Window(2, 5.0),)
    async with world(database_url, servicetitan={"limits": limits}) as here:
        integration = await here.connect("servicetitan")
        counts = [
            (await sync.run(here.house, integration, name)).counts for name in ("jobs", "locations", "technicians")
        ]
    assert here.servicetitan.violations
    assert sum(one.limited for one in counts) == here.servicetitan.violations
    assert all(one.created for one in counts)


async def test_a_cost_budget_is_waited_out(database_url: str) -> None:
    async with world(database_url, size=60, jobber={"budget": 4000, "restore": 100}) as here:
        integration = await here.connect("jobber")
        run = await sync.run(here.house, integration, "clients")
    assert run.counts.seen == 60
    assert here.clock.slept


async def test_a_long_wait_leaves_the_run_open_and_the_next_one_goes_on(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    die_at(paged, 3)
    with pytest.raises(Killed):
        await sync.run(paged.house, integration, "jobs")
    paged.wire.before = None
    paged.servicetitan.fail_next(50, 429, on="/jobs")
    with pytest.raises(RateLimited) as limited:
        await sync.run(paged.house, integration, "jobs")
    assert limited.value.wait > 0
    opened = await paged.read(lambda c: runs.last(c, integration.id, "jobs"))
    assert opened is not None
    assert opened.state is RunState.RUNNING


async def test_a_partner_that_is_down_fails_the_run_and_keeps_its_place(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    die_at(paged, 3)
    with pytest.raises(Killed):
        await sync.run(paged.house, integration, "jobs")
    paged.wire.before = None
    paged.servicetitan.fail_next(50, 500, on="/jobs")
    with pytest.raises(PartnerUnavailable):
        await sync.run(paged.house, integration, "jobs")
    assert (await checkpoint(paged, integration)).progress is not None
    assert (await state_of(paged, integration)).state is State.ACTIVE


async def test_a_walk_that_cannot_go_on_starts_over(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    die_at(paged, 3)
    with pytest.raises(Killed):
        await sync.run(paged.house, integration, "jobs")
    paged.wire.before = None
    paged.servicetitan.fail_next(1, 400, on="/jobs")
    with pytest.raises(UnexpectedResponse):
        await sync.run(paged.house, integration, "jobs")
    assert (await checkpoint(paged, integration)).progress is None
    run = await sync.run(paged.house, integration, "jobs")
    assert run.counts.seen == JOBS


async def test_a_refused_credential_puts_the_integration_into_error(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    paged.servicetitan.fail_next(1, 403, on="/jobs")
    with pytest.raises(AuthenticationError):
        await sync.run(paged.house, integration, "jobs")
    after = await state_of(paged, integration)
    assert after.state is State.ERROR
    assert after.reason is not None
    assert "Integrations" in after.reason.message
    assert after.reason.remedy
    last = await paged.read(lambda c: runs.last(c, integration.id, "jobs"))
    assert last is not None
    assert last.state is RunState.FAILED


async def test_a_sync_that_succeeds_heals_an_integration_in_error(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    paged.servicetitan.fail_next(1, 403, on="/jobs")
    with pytest.raises(AuthenticationError):
        await sync.run(paged.house, integration, "jobs")
    await sync.run(paged.house, await state_of(paged, integration), "jobs")
    after = await state_of(paged, integration)
    assert (after.state, after.reason) == (State.ACTIVE, None)


async def test_one_that_is_switched_off_says_how_to_switch_it_on(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    with pytest.raises(AuthenticationError, match="--enable"):
        await sync.run(paged.house, replace(integration, state=State.DISABLED), "jobs")


async def test_tokens_rotate_in_the_middle_of_a_sync(database_url: str) -> None:
    async with world(database_url, size=80, jobber={"token_lifetime": 400.0, "budget": 4000, "restore": 10}) as here:
        integration = await here.connect("jobber")
        run = None
        while run is None:
            try:
                run = await sync.run(here.house, integration, "clients")
            except RateLimited as limited:
                here.clock.advance(limited.wait + 100)
        assert here.jobber.calls["POST /api/oauth/token"] > 1
        assert run.counts.seen == 80
        assert (await state_of(here, integration)).state is State.ACTIVE


async def test_payloads_that_are_not_where_the_connector_says_fail_the_run(database_url: str) -> None:
    connectors = altered(
        "servicetitan", ("sort: +ModifiedOn, pageSize: 500}\n    records: data", "pageSize: 500}\n    records: rows")
    )
    async with world(database_url, connectors=connectors) as here:
        integration = await here.connect("servicetitan")
        with pytest.raises(UnexpectedResponse) as wrong:
            await sync.run(here.house, integration, "jobs")
    assert "`jobs`" in str(wrong.value)
    assert "records: rows" in str(wrong.value)
    assert "data, hasMore" in str(wrong.value)


async def test_a_cursor_that_no_payload_has_fails_the_run(database_url: str) -> None:
    connectors = altered("servicetitan", ("cursor: modifiedOn", "cursor: changedOn"))
    async with world(database_url, connectors=connectors) as here:
        integration = await here.connect("servicetitan")
        with pytest.raises(UnexpectedResponse, match="cursor: changedOn"):
            await sync.run(here.house, integration, "jobs")
        assert not await here.records(integration, "project")


async def test_an_unknown_sync_is_named_with_those_there_are(here: World) -> None:
    integration = await here.connect("servicetitan")
    with pytest.raises(NotFound, match="technicians, locations"):
        await sync.run(here.house, integration, "job")


async def test_progress_is_told_page_by_page(paged: World) -> None:
    integration = await paged.connect("servicetitan")
    told: list[tuple[int, int]] = []
    await sync.run(paged.house, integration, "jobs", progress=lambda pages, seen, total: told.append((pages, seen)))
    assert told == [(1, 5), (2, 10), (3, 15), (4, 20), (5, 23)]


async def test_a_gone_resync_rule_starts_over_in_full(database_url: str) -> None:
    rule = "    - {status: [404], do: skip_record, message: title}"
    connectors = altered("servicetitan", (rule, f"    - {{status: [410], do: full_resync}}\n{rule}"))
    async with world(database_url, connectors=connectors) as here:
        integration = await here.connect("servicetitan")
        await sync.run(here.house, integration, "jobs")
        here.servicetitan.fail_next(1, 410, on="/jobs")
        run = await sync.run(here.house, integration, "jobs")
    assert run.full
    assert run.counts.seen == 12


@asynccontextmanager
async def walking(here: World) -> AsyncIterator[AsyncGenerator[Page, None]]:
    """The pages of ServiceTitan's jobs."""
    integration = await here.connect("servicetitan")
    connector = here.house.connectors.get("servicetitan")
    start = begun(connector.syncs["jobs"], Checkpoint(), here.clock.now(), True)
    async with aclosing(pages(here.house, connector, connector.syncs["jobs"], integration, start)) as found:
        yield found


async def test_the_next_page_is_asked_for_while_this_one_is_looked_at(paged: World) -> None:
    second = asyncio.Event()

    async def before(_: httpx.Request) -> None:
        if paged.wire.count("GET", "/jobs") == 2:
            second.set()

    paged.wire.before = before
    async with walking(paged) as found:
        await anext(found)
        await asyncio.wait_for(second.wait(), 60)


async def test_a_walk_that_is_given_up_leaves_no_call_behind(paged: World) -> None:
    before = asyncio.all_tasks()
    async with walking(paged) as found:
        await anext(found)
    assert asyncio.all_tasks() == before


async def test_one_that_is_switched_off_meanwhile_stores_nothing_more(paged: World) -> None:
    integration = await paged.connect("servicetitan")

    async def before(_: httpx.Request) -> None:
        if paged.wire.count("GET", "/jobs") == 3:
            await disconnect(paged.house, integration, Reason("disconnected", "the operator switched it off"))

    paged.wire.before = before
    with pytest.raises(AuthenticationError, match="switch it on first"):
        await sync.run(paged.house, integration, "jobs")
    assert len(await paged.records(integration, "project")) <= 2 * PAGE
    assert (await state_of(paged, integration)).state is State.DISABLED
