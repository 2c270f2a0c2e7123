"""What `runner test` has pytest run: each case against its snapshot. `Cases` hands the cases in."""

from __future__ import annotations

import os
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from runner.authoring.cases import Case, cases, stray
from runner.authoring.folders import Folders
from runner.authoring.snapshots import check
from runner.connector.library import Connectors


class Cases:
    """A pytest plug-in that gives the tests of this module their cases and folders."""

    def __init__(self, folders: Folders, connector: str | None) -> None:
        self.folders = folders
        self.connector = connector
        self.connectors = Connectors(folders.connectors)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "case" in metafunc.fixturenames:
            found = cases(self.folders, self.connector)
            metafunc.parametrize("case", found, ids=[case.id for case in found])

    @pytest.fixture
    def bench(self) -> Cases:
        """The plug-in itself: what its tests read."""
        return self


def test_case(case: Case, bench: Cases, snapshot: SnapshotAssertion) -> None:
    check(case, bench.connectors, bench.folders, snapshot)


def test_no_snapshot_without_example(bench: Cases) -> None:
    left = [str(path) for path in stray(bench.folders, bench.connector)]
    assert not left, f"no example leads to {', '.join(left)} (`runner test --update` removes them)"


def run(folders: Folders, connector: str | None, *, update: bool) -> int:
    """Run the cases; pytest's exit code: 0 fine, 1 when something failed. `update` writes and removes snapshots."""
    for path in stray(folders, connector) if update else []:
        path.unlink()
    arguments = [
        "--pyargs",
        __name__,
        "-q",
        "--no-header",
        "--tb=short",
        "--rootdir=.",
        "-c",
        os.devnull,
        "--noconftest",
        "--disable-plugin-autoload",  # those of the user's own tests take seconds to import
        "-psyrupy",
    ]
    arguments += [f"-pno:{name}" for name in ("cacheprovider", "warnings")]
    arguments += ["--snapshot-warn-unused", *(["--snapshot-update"] if update else [])]
    plugins: list[Any] = [Cases(folders, connector)]
    return int(pytest.main(arguments, plugins=plugins))
