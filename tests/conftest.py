"""What tests of the store, the engine and the service share: a migrated database file, and a house with partners."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.partners import World, world

pytest_plugins = ["runner.testing.plugin"]

# a machine under load is slow, and no example is wrong for that
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture
def template(empty_database: Path) -> Path:
    """A database that is migrated once."""
    return empty_database


@pytest.fixture
def path(database_url: str) -> Path:
    """A copy of it for one test."""
    return Path(database_url.removeprefix("sqlite:///"))


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
