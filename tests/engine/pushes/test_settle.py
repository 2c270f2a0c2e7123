"""What both sides remember of a push that arrived, also where somebody links the record to another thing meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runner.engine.links.link import link, unlink
from runner.store import links
from tests.engine.pair import Between, between


@pytest.fixture
async def two(path: Path) -> AsyncIterator[Between]:
    """A record, and another thing at the board that it may be linked to."""
    async with between(path) as opened:
        opened.board.edit("other", name="Old", notes="-")
        await opened.deliver("board")
        opened.shop.edit("1", name="Roof", notes="-")
        await opened.deliver("shop")
        yield opened


async def linked(two: Between) -> str | None:
    found = await two.house.store.database.read(lambda c: links.get(c, two.partner.id, two.host.id, "project", "1"))
    return found.host_id if found else None


async def by_hand(two: Between) -> None:
    await link(two.house, two.partner, None, "project", "1", "other")


async def test_what_was_linked_while_a_change_was_under_way_stays_linked(two: Between) -> None:
    await two.quiet()
    two.shop.edit("1", name="Green roof")
    await two.deliver("shop")
    two.board.meanwhile = lambda: by_hand(two)
    await two.drain("board")
    assert await linked(two) == "other"
    await two.quiet()
    assert two.board.rows["other"]["name"] == "Green roof"


async def test_what_was_linked_while_it_was_being_created_stays_linked(two: Between) -> None:
    two.board.meanwhile = lambda: by_hand(two)
    await two.drain("board")
    assert await linked(two) == "other"
    await two.quiet()
    assert two.board.rows["other"]["name"] == "Roof"


async def test_a_link_that_was_taken_away_while_a_change_was_under_way_does_not_come_back(two: Between) -> None:
    await two.quiet()
    first = await linked(two)
    two.shop.edit("1", name="Green roof")
    await two.deliver("shop")
    two.board.meanwhile = lambda: unlink(two.house, two.partner, None, "project", "1")
    await two.drain("board")
    assert await linked(two) not in (None, first)
