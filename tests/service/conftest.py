"""A migrated database file for each test, copied from one that is migrated once; and a house with partners."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine

from runner.service.app import App
from runner.service.settings import Settings
from runner.store.migration import upgrade
from tests.partners import BASE, World, world


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("service") / "template.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path / "runner.sqlite3"))


@pytest.fixture
async def here(path: Path) -> AsyncIterator[World]:
    async with world(path) as opened:
        yield opened


API_KEY = "a-key-of-the-host-0123456789"


@pytest.fixture
async def web(here: World) -> AsyncIterator[httpx.AsyncClient]:
    """A browser or a program that calls the app, under its public address."""
    settings = Settings.read({"RUNNER_API_KEYS": API_KEY})
    transport = httpx.ASGITransport(app=App(here.house, settings))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client
