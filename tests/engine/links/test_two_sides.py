from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from runner.engine.links.two_sides import Told, explain
from runner.errors import NotFound
from runner.model.integration import Integration
from tests.engine.pair import Between, between


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Between]:
    """Both changed the name, and the host's stayed."""
    async with between(database_url, on_conflict={"name": "host_wins"}) as opened:
        opened.shop.edit("1", name="Roof", notes="Old")
        await opened.quiet()
        opened.shop.edit("1", name="Green roof")
        opened.board.edit(next(iter(opened.board.rows)), name="Blue roof")
        await opened.quiet()
        yield opened


async def told(two: Between, whose: Integration, external_id: str) -> Told:
    config = two.house.config
    (found,) = await two.house.store.database.read(lambda c: explain(c, config, whose, "project", external_id))
    return found


async def test_each_input_is_told_with_its_decision(two: Between) -> None:
    found = await told(two, two.partner, "1")
    name, notes = found.inputs
    assert (name.common, name.partner, name.host) == ("Blue roof", "Blue roof", "Blue roof")
    assert (name.policy, name.winner, name.why) == ("host_wins", "host", "both changed it: host_wins")
    assert name.at is not None
    assert name.push is not None
    assert (notes.name, notes.common, notes.policy, notes.winner) == ("notes", "Old", "partner_wins", None)


async def test_it_is_the_same_from_the_other_side(two: Between) -> None:
    there = next(iter(two.board.rows))
    found = await told(two, two.host, there)
    assert found == await told(two, two.partner, "1")
    assert (found.partner, found.destination, found.host_id) == ("acme/shop", "acme/board", there)
    assert found.state == "done"


async def test_of_what_is_not_stored_nothing_is_told(two: Between) -> None:
    with pytest.raises(NotFound):
        await told(two, two.partner, "2")
