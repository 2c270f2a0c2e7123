"""What tests of the store, the engine and the service share: a migrated database file, and a house with partners."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from runner.store.migration import upgrade
from tests.partners import World, world


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that is migrated once."""
    path = tmp_path_factory.mktemp("store") / "template.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copy(template, tmp_path / "runner.sqlite3"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that nobody looked at the pages with a browser."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if "Chromium" in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(
            f"{len(skipped)} browser tests were SKIPPED: there is no Chromium. Install one, or name it by the variable "
            "CHROMIUM, and run `make test` again.",
            yellow=True,
            bold=True,
        )


@pytest.fixture
async def here(path: Path) -> AsyncIterator[World]:
    """A house over it, with simulated partners on the hosts of the connectors."""
    async with world(path) as opened:
        yield opened
