"""A tick is claimed once, and never backwards."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection

from runner.store import schedules
from runner.store.database import Database
from tests.store.conftest import NOW, later


def test_each_tick_is_claimed_once_and_forwards_only(connection: Connection) -> None:
    claims = [schedules.tick(connection, "jobs", later(at)) for at in (0, 0, 60, 30, 60, 120)]
    assert claims == [True, False, True, False, False, True]
    assert schedules.last(connection, "jobs") == later(120)


def test_schedules_do_not_share_ticks(connection: Connection) -> None:
    assert schedules.tick(connection, "jobs", NOW)
    assert schedules.tick(connection, "crew", NOW)
    assert schedules.last(connection, "photos") is None


def test_many_ticks_are_claimed_in_one_statement_as_one_by_one(connection: Connection) -> None:
    schedules.tick(connection, "jobs", later(60))
    planned = {"jobs": later(60), "crew": later(30), "photos": later(0)}
    assert schedules.claim(connection, planned) == {"crew", "photos"}
    assert schedules.claim(connection, {**planned, "jobs": later(120)}) == {"jobs"}
    assert [schedules.last(connection, key) for key in planned] == [later(120), later(30), later(0)]
    assert schedules.known(connection, [*planned, "notes"]) == set(planned)
    assert schedules.claim(connection, {}) == set()


async def test_of_several_nodes_one_claims_it(database_url: str) -> None:
    nodes = [Database.open(database_url) for _ in range(3)]
    claims = await asyncio.gather(
        *(node.write(lambda connection: schedules.tick(connection, "jobs", NOW)) for node in nodes)
    )
    assert sorted(claims) == [False, False, True]
    for node in nodes:
        await node.close()
