"""What is wrong with who works and what waits, each with its remedy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runner.model.process import Process
from runner.service.attendance import Attendance, attendance, spoken
from runner.service.heart import Heart, beating
from runner.store import processes
from runner.store.backlog import Backlog
from runner.testing.clock import START
from tests.partners import World

ALL = frozenset({"web", "worker", "scheduler"})
ONE = Process("a:1:x", "a", 1, ALL, "1.0", "0023", START, START)
WEB = replace(ONE, id="a:2:x", parts=frozenset({"web"}))
QUIET = Attendance((ONE,), Backlog(), START)
TEN = timedelta(minutes=10)


def waits(minutes: float, due: int = 3) -> Backlog:
    return Backlog(waiting=due, due=due, oldest=START - timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (QUIET, []),
        (replace(QUIET, backlog=waits(10)), []),
        (replace(QUIET, processes=()), []),
        (
            replace(QUIET, backlog=waits(12)),
            ["work-late: Work is late: 3 wake-ups wait, the oldest for 12 min"],
        ),
        (
            Attendance((), waits(12, 1234), START),
            ["nobody-works: Nobody works: 1,234 wake-ups wait, the oldest for 12 min. Start `runner worker`"],
        ),
        (
            Attendance((), Backlog(1, due=1), START, last_worker=START),
            ["nobody-works: Nobody works since 2026-05-04 15:20:10 UTC: 1 wake-up waits. Start `runner worker`"],
        ),
        (
            Attendance((WEB,), waits(0), START),
            [
                "nobody-works: Nobody works: 3 wake-ups wait, the oldest for 0 s",
                "nobody-schedules: No process runs the",
            ],
        ),
        (
            replace(QUIET, processes=(ONE, replace(WEB, version="1.1"))),
            ["mixed-versions: Processes of several versions run: 1.0 (database 0023), 1.1 (database 0023). Restart"],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_remedy(found: Attendance, told: list[str]) -> None:
    complaints = [f"{one.code}: {one}" for one in found.complaints(TEN)]
    assert len(complaints) == len(told)
    assert [one[: len(words)] for one, words in zip(complaints, told, strict=True)] == told


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 days")],
)
def test_a_duration_is_told_in_one_unit(seconds: int, words: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == words


async def test_who_beats_is_there_until_it_ends(here: World) -> None:
    async def found() -> Attendance:
        return await here.read(lambda c: attendance(c, here.house.store.queue, here.clock.now()))

    async with beating(here.house, ["web", "worker"]):
        assert (await found()).at_work == {"web": 1, "worker": 1, "scheduler": 0}
    assert (await found()).processes == ()


@pytest.mark.sqlite_only
async def test_a_beat_keeps_it_alive_and_forgets_the_dead(here: World) -> None:
    heart = Heart(here.house, ["worker"])
    await here.write(lambda c: processes.beat(c, ONE))
    here.clock.advance(8 * 86_400)
    await heart.beat()
    (only,) = await here.read(lambda c: processes.alive(c, here.clock.now()))
    assert only.parts == {"worker"}
    assert await here.read(processes.last_worker) == here.clock.now()


async def test_what_waits_is_told_by_its_age(here: World) -> None:
    titan = await here.connect("servicetitan")
    await here.work()
    here.servicetitan.change("jobs", 7001, jobStatus="Completed")
    await here.servicetitan.deliver()
    here.clock.advance(90)
    found = await here.read(lambda c: attendance(c, here.house.store.queue, here.clock.now()))
    assert titan.id
    assert found.backlog.due >= 1
    assert found.backlog.age(found.now) == timedelta(seconds=90)
