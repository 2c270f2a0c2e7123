from __future__ import annotations

from sqlalchemy import Connection

from runner.store import pauses
from runner.store.pauses import EVERY, Pause
from tests.store.conftest import NOW, later


def test_one_sync_or_every_one_of_an_integration_stands_still(connection: Connection) -> None:
    pauses.pause(connection, "i1", NOW, "jobs")
    pauses.pause(connection, "i2", NOW)
    assert [pauses.is_paused(connection, *of) for of in (("i1", "jobs"), ("i1", "crew"), ("i2", "jobs"))] == [
        True,
        False,
        True,
    ]


def test_a_second_pause_keeps_the_time_of_the_first(connection: Connection) -> None:
    pauses.pause(connection, "i1", NOW)
    pauses.pause(connection, "i1", later(60))
    assert pauses.find(connection, "i1") == [Pause("i1", EVERY, NOW)]


def test_resuming_an_integration_ends_all_its_pauses(connection: Connection) -> None:
    for sync in ("jobs", "crew", EVERY):
        pauses.pause(connection, "i1", NOW, sync)
    pauses.pause(connection, "i2", NOW)
    assert pauses.resume(connection, "i1", "jobs") == 1
    assert pauses.resume(connection, "i1") == 2
    assert [one.integration_id for one in pauses.find(connection)] == ["i2"]
