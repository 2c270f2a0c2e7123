"""What both sides remember of a push that arrived, also where somebody links the record to another thing meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection

from runner.engine.links.link import link, unlink
from runner.engine.records.mark import mark
from runner.model.record import Record
from runner.store import links, records
from tests.engine.pair import RULE, Between, between


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Between]:
    """A record, and another thing at the board that it may be linked to."""
    async with between(database_url) as opened:
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


PLACED: dict[str, Any] = {
    **{name: RULE[name] for name in ("record", "from", "to", "create", "update")},
    "include": {"place": {"record": "location", "field": "location"}},
    "input": {"name": "name", "notes": "place.name"},
}


async def store(two: Between, kind: str, external_id: str, **fields: Any) -> None:
    """A record of the shop, as the hall admits it."""

    def work(connection: Connection) -> None:
        records.upsert(connection, two.partner.id, [Record(kind, external_id, fields)], two.clock.now())
        keys = [(kind, external_id)]
        mark(connection, two.house.config, two.house.store.queue, two.partner, keys, two.clock.now())

    await two.house.store.database.write(work)


@pytest.mark.parametrize("before", [None, "Old house"])
async def test_what_a_first_push_reads_is_seen_though_it_changes_while_the_push_is_under_way(
    database_url: str, before: str | None
) -> None:
    async with between(database_url, rules={"things": PLACED}) as two:
        if before is not None:
            await store(two, "location", "l1", name=before)
        await store(two, "project", "1", name="Roof", location="l1")
        two.board.meanwhile = lambda: store(two, "location", "l1", name="Lake house")
        await two.drain("board")
        assert [row["notes"] for row in two.board.rows.values()] == ["Lake house"]
        assert two.board.calls == 2
