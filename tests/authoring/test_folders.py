from __future__ import annotations

from pathlib import Path

import pytest

from runner.authoring.folders import Folders, folders, source
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


def test_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(NotFound, match="cannot be read as text"):
        source(tmp_path / "x.yaml")
