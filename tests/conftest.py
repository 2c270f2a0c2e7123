"""What tests of the store, the engine and the service share: a migrated database file, and a house with partners."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres
from tests.databases import Databases
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
def path(template: Path, tmp_path: Path) -> Path:
    """A copy of it for one test, which is of files and never runs on PostgreSQL."""
    return shutil.copy(template, tmp_path / "runner.sqlite3")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "each_database: runs on SQLite and on PostgreSQL")
    config.addinivalue_line("markers", "sqlite_only: is of SQLite, and runs on nothing else")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a `database_url` runs on SQLite, and on each when it is marked so; or as RUNNER_TEST_DATABASE says."""
    if "database_dialect" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("sqlite_only"):
        metafunc.parametrize("database_dialect", ["sqlite"])
    elif (only := os.environ.get("RUNNER_TEST_DATABASE")) is not None:
        metafunc.parametrize("database_dialect", [only])
    elif "store" in metafunc.definition.path.parts or metafunc.definition.get_closest_marker("each_database"):
        metafunc.parametrize("database_dialect", ["sqlite", "postgresql"])


@pytest.fixture
def database_dialect() -> str:
    """The database of this test."""
    return "sqlite"


@pytest.fixture
def database_url(database_dialect: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database for one test."""
    if database_dialect == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('path')}"
        return
    databases: Databases = request.getfixturevalue("databases")
    with databases.lend() as url:
        yield url


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Those of a PostgreSQL server that all processes of this run share; the first that needs it starts it."""
    if (url := os.environ.get("RUNNER_TEST_POSTGRES")) is not None:
        yield from _within(url)
        return
    base = tmp_path_factory.getbasetemp()
    server = postgres.share(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
    yield from _within(server.url)
    server.release()


def _within(url: str) -> Iterator[Databases]:
    opened = Databases(url)
    yield opened
    opened.close()


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
async def here(database_url: str) -> AsyncIterator[World]:
    """A house over it, with simulated partners on the hosts of the connectors."""
    async with world(database_url) as opened:
        yield opened
