from __future__ import annotations

from sqlalchemy import Connection

from runner.model.run import Checkpoint, Counts, RunState, SyncRun
from runner.store import checkpoints, pauses, runs, standings
from runner.store.standings import Standing
from tests.store.conftest import NOW, later, statements


def ran(connection: Connection, sync: str, *states: RunState) -> None:
    for number, state in enumerate(states):
        run = SyncRun(f"{sync}{number}", "i1", sync, False, RunState.RUNNING, later(number))
        runs.begin(connection, run)
        if state is not RunState.RUNNING:
            runs.end(connection, run.id, state, later(number), Counts())


def test_the_last_run_counts_and_the_failures_since_one_was_done(connection: Connection) -> None:
    failed, done = RunState.FAILED, RunState.DONE
    ran(connection, "jobs", failed, done, failed, failed)
    ran(connection, "crew", failed, failed, done)
    ran(connection, "notes", failed, failed, RunState.RUNNING)
    found = standings.of(connection, [("i1", "jobs"), ("i1", "crew"), ("i1", "notes"), ("i2", "jobs")])
    assert found == {
        ("i1", "jobs"): Standing(failed, later(3), failures=2),
        ("i1", "crew"): Standing(done, later(2)),
        ("i1", "notes"): Standing(RunState.RUNNING, later(2), failures=2),
        ("i2", "jobs"): Standing(),
    }


def test_pauses_of_one_sync_and_of_all_and_walks_that_stopped(connection: Connection) -> None:
    pauses.pause(connection, "i1", NOW, "jobs")
    pauses.pause(connection, "i2", NOW)
    checkpoints.save(connection, "i3", "jobs", Checkpoint(progress={"page": {}}))
    checkpoints.save(connection, "i4", "jobs", Checkpoint("2026-05-04T00:00:00Z"))
    found = standings.of(connection, [("i1", "jobs"), ("i1", "crew"), ("i2", "crew"), ("i3", "jobs"), ("i4", "jobs")])
    assert [(one.is_paused, one.has_place) for one in found.values()] == [
        (True, False),
        (False, False),
        (True, False),
        (False, True),
        (False, False),
    ]


def test_thousands_take_two_statements(connection: Connection) -> None:
    ran(connection, "jobs", RunState.FAILED)
    keys = [(f"i{number}", "jobs") for number in range(3000)]
    with statements(connection) as asked:
        assert len(standings.of(connection, keys)) == 3000
    assert len(asked) == 2


def test_nothing_is_asked_for_nobody(connection: Connection) -> None:
    assert standings.of(connection, []) == {}
