"""A migrated database for each test, copied from one that is migrated once; and a bare connection to one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from runner.store.database import Database

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "template.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    from runner.store.migration import upgrade

    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path / "runner.sqlite3"))


@pytest.fixture
def connection(path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as opened:
        yield opened
    engine.dispose()


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    opened = Database.open(f"sqlite:///{path}")
    yield opened
    await opened.close()
