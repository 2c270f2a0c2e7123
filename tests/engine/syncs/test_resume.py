"""Killed anywhere, a sync goes on at the next page and ends with the same records as an undisturbed one."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model.run import SyncRun
from tests.engine.depot import Killed, Yard, yard
from tests.engine.ways import WAYS

ways = pytest.mark.parametrize("name", WAYS)


async def persevere(here: Yard, kills: list[int]) -> SyncRun:
    """Run until the run is done: each kill strikes at so many requests from then on, before they are answered."""
    for kill in kills:
        here.depot.strike(kill)
        try:
            return await here.run()
        except Killed:
            here.depot.before = None
    here.depot.before = None
    return await here.run()


@ways
async def test_it_fetches_everything_and_then_only_what_is_new(database_url: str, name: str) -> None:
    async with yard(database_url, WAYS[name]) as here:
        first = await here.run()
        assert first.counts.created == 23
        assert await here.names() == here.expected()
        here.clock.advance(3600)
        here.depot.put("c003", "Changed")
        here.depot.put("c999", "New")
        second = await here.run()
        assert await here.names() == here.expected()
        assert (second.counts.created, second.counts.changed) == (1, 1)


@ways
async def test_what_is_read_again_is_not_written_again(database_url: str, name: str) -> None:
    async with yard(database_url, WAYS[name]) as here:
        await here.run()
        here.clock.advance(3600)
        second = await here.run()
        assert (second.counts.created, second.counts.changed, second.counts.deleted) == (0, 0, 0)


@ways
async def test_no_page_that_was_stored_is_asked_for_again(template: Path, tmp_path: Path, name: str) -> None:
    async def requests(kills: list[int]) -> int:
        database = Path(shutil.copy(template, tmp_path / f"{len(kills)}.sqlite3"))
        async with yard(f"sqlite:///{database}", WAYS[name]) as here:
            await persevere(here, kills)
            assert await here.names() == here.expected()
            return len(here.depot.requests)

    assert await requests([4]) == await requests([]) + 1


async def test_what_changes_behind_a_walk_is_found_by_the_next(database_url: str) -> None:
    async with yard(database_url, WAYS["keyset, since"]) as here:

        async def before(request: httpx.Request) -> None:
            here.clock.advance(300)
            if request.url.params.get("above") == "c011":
                here.depot.put("c001", "Changed behind")
            if request.url.params.get("above") == "c015":
                here.depot.put("c022", "Changed before")

        here.depot.before = before
        await here.run()
        here.depot.before = None
        assert await here.names() != here.expected()
        here.clock.advance(3600)
        assert not (await here.run()).full
        assert await here.names() == here.expected()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(WAYS)),
    first=st.lists(st.integers(1, 9), max_size=3),
    second=st.lists(st.integers(1, 5), max_size=2),
    changed=st.sets(st.integers(0, 30), max_size=8),
)
async def test_killed_anywhere_it_ends_with_the_same_records(
    empty_database: Path, name: str, first: list[int], second: list[int], changed: set[int]
) -> None:
    with TemporaryDirectory() as folder:
        database = Path(shutil.copy(empty_database, Path(folder) / "runner.sqlite3"))
        async with yard(f"sqlite:///{database}", WAYS[name]) as here:
            await persevere(here, first)
            assert await here.names() == here.expected()
            here.clock.advance(3600)
            for number in sorted(changed):
                here.depot.put(f"c{number:03}", f"Changed {number}")
            await persevere(here, second)
            assert await here.names() == here.expected()
