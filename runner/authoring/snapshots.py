"""Snapshots of mapping output by syrupy: one readable JSON file a case, under `tests/snapshots/<connector>/`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from runner.authoring.cases import Case, cases, stray
from runner.authoring.folders import Folders
from runner.authoring.kinds import read_kinds
from runner.connector.library import Connectors


@cache
def pinned_in(folder: Path) -> type[SingleFileSnapshotExtension]:
    """The syrupy extension that keeps `<index>.json` in a folder, whatever the test that asks. One for the folder:
    syrupy looks once for each class at all that the folder holds."""

    class Pinned(SingleFileSnapshotExtension):
        _write_mode = WriteMode.TEXT
        file_extension = "json"

        def serialize(self, data: Any, **_: Any) -> str:
            return str(data)

        @classmethod
        def dirname(cls, **_: Any) -> str:
            return str(folder)

        @classmethod
        def get_snapshot_name(cls, *, index: Any = 0, **_: Any) -> str:
            return Path(str(index)).name

        @classmethod
        def get_location(cls, *, index: Any, **_: Any) -> str:
            return str(folder / f"{index}.json")

        @classmethod
        def write_snapshot(cls, *, snapshot_location: str, snapshots: Any, **_: Any) -> None:
            """One text a file. syrupy's own writer wants the test's name in that of the file."""
            path = Path(snapshot_location)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(snapshots[-1][0], encoding="utf-8")

    return Pinned


def check(case: Case, connectors: Connectors, folders: Folders, snapshot: SnapshotAssertion) -> None:
    """Fails, with the difference, when a case is mapped otherwise than pinned, or its records do not satisfy the
    schema of their kind."""
    connector = connectors.get(case.connector)
    made = case.made(connector)
    unfit = case.unfit(connector, read_kinds(folders.records))
    if unfit:
        pytest.fail(f"{case.path}\n" + "\n".join(unfit), pytrace=False)
    difference = "\n".join(_difference(case, made, folders))
    if snapshot.with_defaults(extension_class=pinned_in(folders.snapshots))(name=case.id) != made:
        remedy = f"when that is meant: `runner test {case.connector} --update`"
        pytest.fail(f"{case.path} maps otherwise than pinned ({remedy})\n{difference}", pytrace=False)


def changes(folders: Folders, connector: str | None = None) -> Iterator[str]:
    """What `--update` would change, as lines of unified diffs. Raises ConnectorError for a connector with findings."""
    connectors = Connectors(folders.connectors)
    for case in cases(folders, connector):
        yield from _difference(case, case.made(connectors.get(case.connector)), folders)
    for path in stray(folders, connector):
        yield f"--- {path}"
        yield "+++ /dev/null (its example is gone)"


def _difference(case: Case, made: str, folders: Folders) -> Iterator[str]:
    path = folders.snapshots / f"{case.id}.json"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    return difflib.unified_diff(before.splitlines(), made.splitlines(), str(path), str(path), lineterm="")
