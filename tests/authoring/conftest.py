"""An analyst's folder with one small connector in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.authoring.folders import Folders, Source, folders
from runner.authoring.scaffold import scaffold

RECORDS = Path("schemas/records")


@pytest.fixture
def bench(tmp_path: Path) -> Folders:
    """A folder in which `runner new acme` has run, with the record kinds of this repository."""
    made = folders({}, tmp_path)
    scaffold("acme", made)
    made.records.mkdir(parents=True)
    for path in RECORDS.glob("*.json"):
        (made.records / path.name).write_bytes(path.read_bytes())
    return made


@pytest.fixture
def spec(bench: Folders) -> Callable[..., Source]:
    """The connector's text after edits `(old, new)`; an edit that finds nothing fails the test."""

    def edited(*edits: tuple[str, str]) -> Source:
        path = bench.connectors / "acme.yaml"
        text = path.read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        return Source(str(path), text)

    return edited
