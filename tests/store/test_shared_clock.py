"""One time for all processes: the database's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runner.store.database import Database
from runner.store.shared_clock import SharedClock, sharing
from tests.databases import Databases

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Machine:
    """A machine that counts seconds."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_it_tells_what_it_was_told_and_what_has_passed_since() -> None:
    machine = Machine()
    clock = SharedClock(machine)
    clock.set(NOON, 99.0, 100.0)
    assert clock.now() == NOON + timedelta(seconds=0.5)
    machine.seconds = 160.0
    assert clock.now() == NOON + timedelta(seconds=60.5)


@pytest.mark.parametrize(
    ("told", "asked_at", "answered_at", "now"),
    [
        (10.4, 110.0, 111.0, 11.0),  # within the time that the asking took: nobody knows better
        (10.6, 110.0, 111.0, 11.0),
        (12.0, 110.0, 111.0, 12.5),  # the database's clock is ahead
        (-50.0, 110.0, 111.0, -49.5),  # or was set back
        (10.2, 110.0, 110.1, 11.15),  # a quick answer is worth more
    ],
)
def test_it_follows_what_it_is_told_later(told: float, asked_at: float, answered_at: float, now: float) -> None:
    machine = Machine()
    clock = SharedClock(machine)
    clock.set(NOON, 100.0, 100.0)
    clock.set(NOON + timedelta(seconds=told), asked_at, answered_at)
    machine.seconds = 111.0
    assert clock.now() == NOON + timedelta(seconds=now)


async def test_processes_whose_own_clocks_differ_have_one_time(databases: Databases) -> None:
    with databases.lend() as url:
        database = Database.open(url)
        try:
            before = await database.read(lambda c: c.exec_driver_sql("SELECT clock_timestamp()").scalar_one())
            clocks = [SharedClock(lambda ahead=ahead: ahead) for ahead in (5.0, 1000.0, -70.0)]  # type: ignore[misc]  # bound now
            for clock in clocks:
                await clock.ask(database)
            async with sharing(database) as clock:
                told = [*(one.now() for one in clocks), clock.now()]
            after = await database.read(lambda c: c.exec_driver_sql("SELECT clock_timestamp()").scalar_one())
            assert all(before <= one <= after for one in told[:-1])
            assert told[:-1] == sorted(told[:-1])
        finally:
            await database.close()
