"""The page on testing connectors is true: its files, in a fresh folder, are a suite that passes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runner.authoring.folders import folders
from runner.authoring.scaffold import scaffold
from runner.testing import plugin
from runner.testing.world import World
from tests.partners import ROOT

PAGE = (ROOT / "docs/testing.md").read_text(encoding="utf-8")
FILES = re.findall(r"```python file (\S+)\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new project: a connector as `runner new acme` writes it, and the files of the page."""
    scaffold("acme", folders({}, tmp_path))
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    for name, text in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\npythonpath = .\n", encoding="utf-8")
    return tmp_path


def tried(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    path = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=path, capture_output=True, text=True, timeout=120, check=False)


def test_the_files_of_the_page_are_a_suite_that_passes(folder: Path) -> None:
    ran = tried(folder)
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr


def test_the_suite_of_the_page_notices_a_connector_that_is_wrong(folder: Path) -> None:
    spec = folder / "connectors" / "acme.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("name: trim(name)", "name: upper(name)"), encoding="utf-8")
    ran = tried(folder)
    assert "1 failed, 1 passed" in ran.stdout, ran.stdout + ran.stderr


def test_the_page_names_every_fixture_and_only_what_there_is() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    marked = {name for name, value in vars(plugin).items() if "fixture" in type(value).__name__.lower()}
    assert told == marked - {"empty_database"}
    verbs = set(re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE))
    assert verbs == {verb for verb in verbs if callable(getattr(World, verb, None))}
    assert len(verbs) == 6
