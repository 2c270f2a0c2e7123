from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from runner.model.process import SILENT, Process
from runner.store import processes
from runner.store.queue import process_id
from tests.store.conftest import NOW, later

AWAY = Process("elsewhere:7:abc", "elsewhere", 7, frozenset({"web", "worker"}), "1.2.3", "0023", NOW, NOW)
HERE = replace(AWAY, id=process_id(), parts=frozenset({"web"}))


def test_what_a_process_says_of_itself_is_read_back(connection: Connection) -> None:
    processes.beat(connection, AWAY)
    assert processes.alive(connection, NOW) == [AWAY]


def test_a_beat_changes_nothing_but_the_time(connection: Connection) -> None:
    processes.beat(connection, AWAY)
    processes.beat(connection, replace(AWAY, seen_at=later(5), parts=frozenset()))
    assert processes.alive(connection, later(5)) == [replace(AWAY, seen_at=later(5))]


@pytest.mark.parametrize(("after", "count"), [(SILENT, 1), (SILENT + timedelta(microseconds=1), 0)])
def test_who_is_silent_for_too_long_is_gone(connection: Connection, after: timedelta, count: int) -> None:
    processes.beat(connection, AWAY)
    assert len(processes.alive(connection, NOW + after)) == count


def test_who_ended_in_order_is_gone_at_once(connection: Connection) -> None:
    processes.beat(connection, HERE)
    processes.end(connection, HERE.id)
    assert processes.alive(connection, NOW) == []


def test_a_former_process_of_this_machine_is_known_to_be_dead(connection: Connection) -> None:
    processes.beat(connection, HERE)
    processes.beat(connection, replace(HERE, id=f"{HERE.id}0"))
    assert processes.alive(connection, NOW) == [HERE]


@pytest.mark.parametrize(
    ("process", "seen", "gone"),
    [
        ("elsewhere:7:abc", 300, False),
        ("elsewhere:7:abc", 301, True),
        ("elsewhere:7:other", 301, False),
        (process_id(), 301, True),
        (f"{process_id()}0", 0, True),
    ],
    ids=["silent for a moment", "silent for long", "never heard of", "silent here", "dead here"],
)
def test_a_process_is_gone_only_where_that_is_known(
    connection: Connection, process: str, seen: int, gone: bool
) -> None:
    processes.beat(connection, replace(AWAY, id=f"{AWAY.id}-1"))
    processes.beat(connection, replace(HERE, id=f"{HERE.id}-1"))
    assert processes.is_gone(connection, process, later(seen)) is gone


def test_beats_are_told_by_the_clock_that_all_share(connection: Connection) -> None:
    told = processes.clock(connection, NOW)
    is_ours = connection.dialect.name == "sqlite"
    assert (told == NOW) is is_ours
    assert told.utcoffset() == timedelta(0)


def test_when_a_worker_was_last_there_is_remembered(connection: Connection) -> None:
    assert processes.last_worker(connection) is None
    processes.beat(connection, AWAY)
    processes.beat(connection, replace(HERE, seen_at=later(60)))
    assert processes.last_worker(connection) == NOW


def test_those_that_died_long_ago_are_forgotten(connection: Connection) -> None:
    processes.beat(connection, AWAY)
    processes.beat(connection, replace(HERE, seen_at=later(60)))
    assert processes.prune(connection, later(60)) == 1
    assert [one.id for one in processes.alive(connection, later(60))] == [HERE.id]
