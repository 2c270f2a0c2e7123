"""Sync runs: begun, counted, ended, found with the latest first."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.model.run import Counts, RunState, SyncRun
from runner.store import runs
from tests.store.conftest import later


def begin(connection: Connection, run_id: str, sync: str = "jobs", at: float = 0) -> SyncRun:
    run = SyncRun(run_id, "i1", sync, True, RunState.RUNNING, later(at))
    runs.begin(connection, run)
    return run


def test_a_run_is_read_back_as_it_began(connection: Connection) -> None:
    run = begin(connection, "r1")
    assert runs.last(connection, "i1", "jobs") == run
    assert runs.last(connection, "i1", "crew") is None


def test_counts_are_replaced_while_it_runs(connection: Connection) -> None:
    begin(connection, "r1")
    runs.save_counts(connection, "r1", Counts(pages=1, seen=100))
    runs.save_counts(connection, "r1", Counts(pages=2, seen=150))
    (run,) = runs.find(connection, state=RunState.RUNNING)
    assert run.counts == Counts(pages=2, seen=150)


def test_an_ended_run_says_how(connection: Connection) -> None:
    begin(connection, "r1")
    runs.end(connection, "r1", RunState.FAILED, later(9), Counts(calls=3), "partner is away")
    (run,) = runs.find(connection, "i1")
    assert (run.state, run.ended_at, run.counts.calls, run.error) == (RunState.FAILED, later(9), 3, "partner is away")


def test_the_latest_comes_first(connection: Connection) -> None:
    begin(connection, "r1", at=1)
    begin(connection, "r2", at=2)
    begin(connection, "r3", "crew", at=3)
    assert [run.id for run in runs.find(connection)] == ["r3", "r2", "r1"]
    assert [run.id for run in runs.find(connection, sync="jobs", limit=1)] == ["r2"]


def test_failures_are_counted_since_the_last_that_was_done(connection: Connection) -> None:
    assert runs.failures(connection, "i1", "jobs") == 0
    for number, state in enumerate((RunState.FAILED, RunState.DONE, RunState.FAILED, RunState.FAILED), 1):
        begin(connection, f"r{number}", at=number)
        runs.end(connection, f"r{number}", state, later(number), Counts())
    assert runs.failures(connection, "i1", "jobs") == 2
    assert runs.failures(connection, "i1", "crew") == 0


def test_a_full_pass_that_goes_on_is_the_last_though_others_began_beside_it(connection: Connection) -> None:
    begin(connection, "full", at=1)
    runs.begin(connection, SyncRun("aside", "i1", "jobs", False, RunState.RUNNING, later(2)))
    assert [run.id for run in runs.find(connection, "i1", "jobs")] == ["aside", "full"]
    assert runs.last(connection, "i1", "jobs") == runs.get(connection, "full")
    runs.end(connection, "aside", RunState.DONE, later(3), Counts())
    assert runs.last(connection, "i1", "jobs") == runs.get(connection, "full")
    runs.end(connection, "full", RunState.FAILED, later(4), Counts(), "partner is away")
    assert runs.last(connection, "i1", "jobs") == runs.get(connection, "full")
    begin(connection, "next", at=5)
    assert runs.last(connection, "i1", "jobs") == runs.get(connection, "next")


def test_a_full_pass_that_fails_after_a_run_beside_it_counts_as_failed(connection: Connection) -> None:
    begin(connection, "full", at=1)
    runs.begin(connection, SyncRun("aside", "i1", "jobs", False, RunState.RUNNING, later(2)))
    runs.end(connection, "aside", RunState.DONE, later(3), Counts())
    runs.end(connection, "full", RunState.FAILED, later(4), Counts(), "partner is away")
    assert runs.failures(connection, "i1", "jobs") == 1
