"""`runner sync` and `runner runs`, typed in over a database in which the demo was played."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from runner.cli import output, runs
from runner.cli.previewing import dumped, lines
from runner.engine.syncs.preview import Changed, Preview, Refused
from runner.model.record import Record
from runner.model.run import Counts, RunState, SyncRun
from runner.testing.clock import START
from tests.cli.test_operate import environ, folder, played, typed

__all__ = ["environ", "folder", "played", "typed"]
Type = Callable[..., Result]

FOUND = Preview(
    "jobs",
    True,
    pages=2,
    seen=5,
    unchanged=1,
    created=[Record("project", "1", {"name": "Oak"})],
    changed=[Changed("project", "2", {"status": ("open", "done"), "name": ("a", "b" * 60)})],
    deleted=[("project", "3")],
    quarantined=[Refused("job", None, ("job: `id`: nothing there",))],
    doubt="9 of 10 look gone",
)


def test_a_preview_is_told_record_by_record_and_summed() -> None:
    told = "\n".join(lines(FOUND))
    assert re.search(r'change +project 2 +status +"open" +"done"', told)
    assert "create  project 1" in told
    assert "delete  project 3" in told
    assert "quarantine  job without an id" in told
    assert "not deleted: 9 of 10 look gone" in told
    assert told.endswith(
        "jobs (full pass): 5 payloads in 2 pages: 1 would be created, 1 changed, 1 stay as they are, "
        "1 would be deleted, 1 quarantined. Nothing was written."
    )


def test_a_long_value_is_cut_in_the_table_and_whole_in_json() -> None:
    assert "b" * 60 not in "\n".join(lines(FOUND))
    [told] = json.loads("".join(dumped([FOUND])))
    assert told["changed"][0]["fields"]["name"] == {"stored": "a", "made": "b" * 60}


def test_as_json_all_is_told() -> None:
    first, second = json.loads("".join(dumped([FOUND, Preview("crew", False)])))
    assert [one["external_id"] for one in first["created"]] == ["1"]
    assert first["deleted"] == [{"kind": "project", "external_id": "3"}]
    assert first["quarantined"][0]["reasons"] == ["job: `id`: nothing there"]
    assert (first["sync"], first["seen"], first["full"], first["doubt"]) == ("jobs", 5, True, "9 of 10 look gone")
    assert (second["created"], second["doubt"]) == ([], None)
    assert json.loads("".join(dumped([]))) == []


def test_many_lines_end_in_a_count() -> None:
    many = Preview("jobs", True, created=[Record("project", str(number), {}) for number in range(300)])
    assert "... and 100 more lines (--json has all)" in list(lines(many))


def test_a_run_is_a_row_with_its_calls_and_its_time() -> None:
    counts = Counts(pages=2, calls=3, retries=1, bytes=2_500_000, wait_seconds=1.26, fetch_seconds=3.0)
    told = runs.row(SyncRun("r1", "i1", "jobs", True, RunState.DONE, START, START, counts))
    assert {name: told[name] for name in ("calls", "retries", "waited", "received", "fetch")} == {
        "calls": 3, "retries": 1, "waited": "1.3 s", "received": "2.5 MB", "fetch": "3.0 s",
    }  # fmt: skip


def test_runs_are_listed_for_people_and_programs(typed: Type) -> None:
    table = typed("runs", "Sample Plumbing/servicetitan", "jobs").output
    assert "Sample Plumbing/servicetitan" in table
    found = json.loads(typed("runs", "Sample Plumbing/servicetitan", "jobs", "--json").output)
    assert {run["sync"] for run in found} == {"jobs"}
    assert found[0]["counts"]["calls"] >= found[0]["counts"]["pages"] >= 1
    assert found[0]["counts"]["bytes"] > 0


def test_runs_in_no_known_state_are_misuse(typed: Type) -> None:
    assert typed("runs", "--state", "happy").exit_code == output.MISUSE


@pytest.mark.parametrize(
    "words",
    [
        ("sync",),
        ("sync", "Sample Plumbing/jobber", "--replay", "case"),
        ("sync", "Sample Plumbing/jobber", "--dry-run", "--record", "case"),
        ("sync", "--replay", "nowhere"),
    ],
)
def test_what_does_not_go_together_is_misuse(typed: Type, words: tuple[str, ...]) -> None:
    assert typed(*words).exit_code == output.MISUSE


def test_a_dry_run_that_cannot_call_says_so(typed: Type, tmp_path: Path) -> None:
    told = typed("sync", "Sample Plumbing/servicetitan", "jobs", "--dry-run")
    assert told.exit_code == output.FOUND
