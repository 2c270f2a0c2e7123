"""While a full pass goes on for long, what is new is asked for between two of its pages."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from runner.engine.syncs.start import begun
from runner.model.run import Checkpoint, RunState, SyncRun
from runner.store import runs
from runner.testing.clock import START
from tests.engine.depot import Killed, Yard, yard
from tests.engine.ways import WAYS

SINCE = WAYS["keyset, since"]


async def all_runs(here: Yard) -> list[SyncRun]:
    return await here.house.store.database.read(lambda c: runs.find(c, here.integration.id))


def is_news(request: httpx.Request) -> bool:
    return "since" in request.url.params


async def test_what_changes_behind_a_long_pass_is_stored_before_it_ends(database_url: str) -> None:
    async with yard(database_url, SINCE) as here:
        seen: dict[str, str | None] = {}

        async def before(request: httpx.Request) -> None:
            if request.url.params.get("above") == "c007" and not is_news(request):
                here.depot.put("c001", "Changed behind")
                here.clock.advance(4000)
            seen[request.url.params.get("above", "")] = (await here.names()).get("c001")

        here.depot.before = before
        done = await here.run()
        assert (done.full, done.state, done.counts.seen) == (True, RunState.DONE, 23)
        assert seen["c019"] == "Changed behind"
        assert [(run.full, run.state, run.counts.changed) for run in await all_runs(here)] == [
            (False, RunState.DONE, 1),
            (True, RunState.DONE, 0),
        ]


async def test_a_page_that_was_fetched_before_overwrites_nothing_newer(database_url: str) -> None:
    async with yard(database_url, SINCE) as here:

        async def before(request: httpx.Request) -> None:
            if is_news(request):
                for number in range(23):
                    here.depot.put(f"c{number:03}", f"Newer {number}")
            here.clock.advance(1000)

        here.depot.before = before
        await here.run()
        here.depot.before = None
        here.clock.advance(3600)
        assert not (await here.run()).full
        assert await here.names() == here.expected()


async def test_news_that_cannot_be_told_do_not_end_the_pass(database_url: str) -> None:
    async with yard(database_url, SINCE) as here:

        async def before(request: httpx.Request) -> None:
            here.clock.advance(1000)
            if is_news(request):
                raise httpx.ConnectError("gone")

        here.depot.before = before
        assert (await here.run()).state is RunState.DONE
        assert await here.names() == here.expected()
        assert "news-not-told" in here.log.events()
        assert {run.state for run in await all_runs(here) if not run.full} == {RunState.FAILED}


async def test_a_pass_that_is_killed_after_news_goes_on_at_its_page(database_url: str) -> None:
    async with yard(database_url, SINCE) as here:

        async def before(request: httpx.Request) -> None:
            if request.url.params.get("above") == "c003":
                here.depot.put("c001", "Changed behind")
                here.clock.advance(4000)
            if request.url.params.get("above") == "c019" and not is_news(request):
                raise Killed

        here.depot.before = before
        with pytest.raises(Killed):
            await here.run()
        here.depot.before = None
        kept = await here.checkpoint()
        assert (kept.value is not None, kept.progress is not None, kept.last_full_at) == (True, True, None)
        assert (await here.run()).full
        assert await here.names() == here.expected()


async def test_a_first_pass_that_was_given_up_is_not_forgotten_for_the_news(database_url: str) -> None:
    async with yard(database_url, SINCE) as here:
        sync = here.house.connectors.get("depot").syncs["contacts"]
        told = Checkpoint("2026-05-04T15:00:00Z", saved_at=START)
        assert begun(sync, told, START + timedelta(hours=1), False).full
