"""Two rules, one each way, that do not write alike: what one wrote is not carried back by the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.engine.pair import RULE, Between, between

FORTH: dict[str, Any] = {
    **{name: value for name, value in RULE.items() if name != "back"},
    "input": {"name": "join(' ', ['Job', name])"},
    "theirs": {"name": "name"},
}
BACK: dict[str, Any] = {
    "record": "project",
    "from": ["board"],
    "to": "shop",
    "input": {"name": "name"},
    "create": "make",
    "update": "change",
}
NOTES = {**BACK, "input": {"name": "name", "notes": "description"}}


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Between]:
    async with between(database_url, rules={"forth": FORTH, "back": BACK}) as opened:
        opened.shop.edit("1", name="Roof")
        await opened.quiet()
        yield opened


async def test_what_was_made_over_there_is_not_carried_back(two: Between) -> None:
    assert (two.both(), two.calls) == (("Roof", "Job Roof"), (0, 1))


async def test_a_change_goes_over_once(two: Between) -> None:
    two.shop.edit("1", name="Wall")
    await two.quiet()
    assert (two.both(), two.calls) == (("Wall", "Job Wall"), (0, 2))


async def test_a_change_over_there_is_carried_back_and_ends(two: Between) -> None:
    two.board.edit(next(iter(two.board.rows)), name="Green")
    await two.quiet()
    assert (two.both(), two.calls) == (("Green", "Job Green"), (1, 2))


async def test_only_what_is_not_ours_is_carried_back(database_url: str) -> None:
    async with between(database_url, rules={"forth": FORTH, "back": NOTES}) as two:
        two.shop.edit("1", name="Roof")
        await two.quiet()
        two.board.edit(next(iter(two.board.rows)), notes="Bring a ladder")
        await two.quiet()
        assert (two.both("notes"), two.both()) == (("Bring a ladder",) * 2, ("Roof", "Job Roof"))
        assert two.calls == (1, 1)
