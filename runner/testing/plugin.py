"""The pytest plugin: `pytest_plugins = ["runner.testing.plugin"]` in a conftest.py gives these fixtures.

A team overrides `partners`, and what else is different with it, in its own conftest.py.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import create_engine

from runner.store.migration import upgrade
from runner.testing.project import Project
from runner.testing.simulated import Cast
from runner.testing.world import World, open_world


@pytest.fixture(scope="session")
def project(pytestconfig: pytest.Config) -> Project:
    """The connectors, schemas and runner.yaml of the folder that pytest runs in."""
    return Project.read(pytestconfig.rootpath)


@pytest.fixture
def partners() -> Cast:
    """The partners of the world, by connector; nobody unless a conftest.py says who."""
    return {}


@pytest.fixture
def companies() -> tuple[str, ...]:
    """The companies of tests: what they have connected is removed before and after each test."""
    return ("acme",)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that is migrated once, to be copied."""
    path = tmp_path_factory.mktemp("store") / "empty.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    return path


@pytest.fixture
def database_url(empty_database: Path, tmp_path: Path) -> str:
    """A new SQLite file for each test. One that stays may be named in its place: `companies` are removed from it."""
    return f"sqlite:///{shutil.copy(empty_database, tmp_path / 'runner.sqlite3')}"


@pytest_asyncio.fixture
async def world(
    database_url: str, project: Project, partners: Cast, companies: tuple[str, ...]
) -> AsyncIterator[World]:
    """The house over it, with the partners on the hosts of their connectors, and nothing connected."""
    async with open_world(database_url, project, partners) as opened:
        await opened.forget(companies)
        yield opened
        await opened.forget(companies)
