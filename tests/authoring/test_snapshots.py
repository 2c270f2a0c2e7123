from __future__ import annotations

from runner.authoring.folders import Folders
from runner.authoring.snapshots import changes, pinned_in


def test_new_case_is_shown_before_it_is_pinned(bench: Folders) -> None:
    lines = list(changes(bench))
    assert lines[0].endswith("tests/snapshots/acme/job.typical.json")
    assert '+  "outcome": "record",' in lines


def test_change_is_shown_as_a_diff(bench: Folders) -> None:
    path = bench.snapshots / "acme" / "job.typical.json"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(line[1:] for line in list(changes(bench))[3:]).replace("Water heater", "Boiler") + "\n")
    shown = [line for line in changes(bench) if line[:1] in "+-" and line[1:2] == " "]
    assert shown == ['-      "name": "Boiler",', '+      "name": "Water heater",']


def test_snapshot_that_goes_is_shown(bench: Folders) -> None:
    path = bench.snapshots / "acme" / "job.gone.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    assert list(changes(bench))[-1] == "+++ /dev/null (its example is gone)"


def test_snapshot_is_one_file_named_by_its_case(bench: Folders) -> None:
    made = pinned_in(bench.snapshots)
    path = made.get_location(test_location=None, index="acme/job.typical")
    assert path == str(bench.snapshots / "acme" / "job.typical.json")
    made.write_snapshot(snapshot_location=path, snapshots=[("{}\n", None, 0)])
    assert (bench.snapshots / "acme" / "job.typical.json").read_text() == "{}\n"
