"""Two stores: one that is left, and one on each database that is gone to."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runner.store.moving import closing
from runner.store.store import Store
from runner.testing.world import KEYS


@pytest.fixture
async def source(template: Path, tmp_path: Path) -> AsyncIterator[Store]:
    """On SQLite."""
    opened = Store.open(f"sqlite:///{shutil.copy(template, tmp_path / 'source.sqlite3')}", KEYS)
    yield opened
    await opened.close()


@pytest.fixture
async def target(database_url: str) -> AsyncIterator[Store]:
    """On either; open at the end, whatever the test did."""
    opened = Store.open(database_url, KEYS)
    yield opened
    await opened.database.write(closing.reopen)
    await opened.close()
