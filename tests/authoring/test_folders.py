from __future__ import annotations

from pathlib import Path

import pytest

from runner.authoring.folders import Folders, folders, source
from runner.authoring.report import report
from runner.authoring.validation import validate
from runner.errors import NotFound


def test_environment_names_the_folders() -> None:
    made = folders({"RUNNER_CONNECTORS": "/etc/partners", "RUNNER_CONFIG": "/etc/rules.yaml"})
    assert (made.connectors, made.config) == (Path("/etc/partners"), Path("/etc/rules.yaml"))
    assert made.is_config("elsewhere/rules.yaml")


def test_files_are_the_connectors_and_the_config_when_it_is_there(bench: Folders) -> None:
    assert [path.name for path in bench.files()] == ["acme.yaml"]
    bench.config.write_text("deliver: {}\n")
    assert [path.name for path in bench.files()] == ["acme.yaml", "runner.yaml"]


def test_misspelt_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"there is no file .*nope\.yaml \(check the path\)"):
        source(tmp_path / "nope.yaml")


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cannot be read: Is a directory"):
        source(tmp_path)


def test_bytes_that_are_no_utf_8_reach_the_findings(bench: Folders) -> None:
    (bench.connectors / "acme.yaml").write_bytes(b"title: Caf\xe9\n")
    (finding,) = validate([source(bench.connectors / "acme.yaml")], bench)
    assert (finding.code, finding.place.line, finding.place.column) == ("bad-yaml", 1, 11)
    assert "Caf?" in report([finding], "pretty", {finding.place.file: "title: Caf\udce9\n"})


def test_a_file_is_checked_by_the_kinds_beside_its_own_folder(bench: Folders, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    (other / "schemas" / "records").mkdir(parents=True)
    assert bench.records_of(str(other / "connectors" / "acme.yaml")) == other / "schemas" / "records"
    assert bench.records_of(str(bench.connectors / "acme.yaml")) == bench.records
    assert bench.records_of("<stdin>") == bench.records
