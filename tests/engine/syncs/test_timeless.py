"""Cursors that are no time: told and counted, never a reason to move on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from runner.engine.syncs import sync
from runner.errors import UnexpectedResponse
from runner.model.integration import Integration
from runner.model.run import RunState
from runner.store import checkpoints, runs
from tests.partners import World, world
from tests.shelf import altered

JOBS = 5
ODD = "id == `7003` && 'soon' || modifiedOn"


@asynccontextmanager
async def telling(database_url: str, cursor: str, size: int = JOBS) -> AsyncGenerator[World, None]:
    """A partner, of which a connector reads how new its jobs are by this expression."""
    connectors = altered("servicetitan", ("cursor: modifiedOn", f'cursor: "{cursor}"'))
    async with world(database_url, connectors=connectors, size=size) as opened:
        yield opened


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with telling(database_url, ODD) as opened:
        yield opened


class Notes:
    """A log that remembers its warnings."""

    def __init__(self) -> None:
        self.warnings: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **said: Any) -> None: ...

    def warning(self, event: str, **said: Any) -> None:
        self.warnings.append((event, said))


async def known(here: World, integration: Integration) -> str | None:
    found = await here.read(lambda c: checkpoints.get(c, integration.id, "jobs"))
    value: str | None = found.value
    return value


async def test_one_is_counted_and_told_and_its_record_is_kept(here: World) -> None:
    integration = await here.connect("servicetitan")
    run = await sync.run(here.house, integration, "jobs")
    assert (run.state, run.counts.timeless, run.counts.created) == (RunState.DONE, 1, JOBS)
    assert "cursors that are no time" in (run.error or "")
    assert "`cursor` of processor `job`" in (run.error or "")
    assert (await here.records(integration, "project"))["7003"].version is None


async def test_the_log_names_the_record_and_the_remedy(here: World) -> None:
    integration = await here.connect("servicetitan")
    here.servicetitan.change("jobs", 7003, jobStatus="Completed")
    notes = Notes()
    await sync.run(replace(here.house, log=notes), integration, "jobs")
    (said,) = [said for event, said in notes.warnings if event == "cursor-is-no-time"]
    assert (said["processor"], said["record"]) == ("job", "7003")
    assert "unix seconds" in said["message"]


async def test_the_checkpoint_does_not_move_on_it(here: World) -> None:
    integration = await here.connect("servicetitan")
    await sync.run(here.house, integration, "jobs")
    before = await known(here, integration)
    here.clock.advance(600)
    here.servicetitan.change("jobs", 7003, jobStatus="Completed")
    for changed in (1, 0):
        run = await sync.run(here.house, integration, "jobs")
        assert (run.counts.timeless, run.counts.changed) == (1, changed)
    assert await known(here, integration) == before
    assert (await here.records(integration, "project"))["7003"].fields["status"] == "completed"


async def test_a_page_of_several_where_no_cursor_is_a_time_fails_the_run(database_url: str) -> None:
    async with telling(database_url, "jobNumber && 'soon'") as here:
        integration = await here.connect("servicetitan")
        with pytest.raises(UnexpectedResponse, match="cursor: jobNumber"):
            await sync.run(here.house, integration, "jobs")
        assert await known(here, integration) is None
        (run,) = await here.read(lambda c: runs.find(c, integration.id))
        assert run.state is RunState.FAILED


async def test_one_that_is_alone_on_its_page_does_not_hold_up_the_sync(database_url: str) -> None:
    async with telling(database_url, "jobNumber && 'soon'", size=1) as here:
        integration = await here.connect("servicetitan")
        run = await sync.run(here.house, integration, "jobs")
        assert (run.state, run.counts.seen, run.counts.timeless) == (RunState.DONE, 1, 1)
        assert await known(here, integration) is None
