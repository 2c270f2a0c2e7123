"""The short form of `make soak`: some seconds of it, with a seed that never changes."""

from __future__ import annotations

from pathlib import Path

from tests.soak import soak


async def test_killed_at_random_under_load_the_server_loses_nothing_that_it_answered(tmp_path: Path) -> None:
    found = await soak(tmp_path, seconds=4, seed=1)
    assert found.kills >= 1
    assert found.answered > 100
    assert found.ok, found
