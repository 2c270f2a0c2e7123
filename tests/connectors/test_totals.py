"""Where a partner says how many there are, the progress of a full pass knows what remains."""

from __future__ import annotations

import pytest

from runner.engine.syncs import sync
from tests.partners import world

SYNCS = {"housecallpro": "customers", "hover": "jobs", "servicetitan": "jobs"}


@pytest.mark.parametrize("connector", SYNCS)
async def test_a_full_pass_knows_how_many_there_are_and_meets_so_many(database_url: str, connector: str) -> None:
    async with world(database_url, partners=(connector,), size=44) as here:
        integration = await here.connect(connector)
        told: list[tuple[int, int | None]] = []
        await sync.run(
            here.house,
            integration,
            SYNCS[connector],
            full=True,
            progress=lambda _, seen, total: told.append((seen, total)),
        )
        assert told[-1][0] == told[-1][1] != 0
        assert len({total for _, total in told}) == 1


async def test_a_walk_that_stops_where_it_is_known_does_not_say_how_much_remains(database_url: str) -> None:
    async with world(database_url, partners=("housecallpro",), size=44) as here:
        integration = await here.connect("housecallpro")
        await sync.run(here.house, integration, "customers")
        here.clock.advance(600)
        told: list[int | None] = []
        await sync.run(here.house, integration, "customers", progress=lambda _, seen, total: told.append(total))
        assert told == [None]


async def test_a_search_says_how_much_is_new(database_url: str) -> None:
    async with world(database_url, partners=("hubspot",), size=44) as here:
        integration = await here.connect("hubspot")
        await sync.run(here.house, integration, "contacts")
        told: list[tuple[int, int | None]] = []
        await sync.run(here.house, integration, "contacts", progress=lambda _, seen, total: told.append((seen, total)))
        assert told[-1][0] == told[-1][1]
