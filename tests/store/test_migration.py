"""What was stored before a migration is there after it, and means the same."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect, text

from runner.model.event import WebhookEvent
from runner.store import migration
from runner.store.database import Database
from runner.store.events import digest
from runner.store.tables import metadata
from tests.databases import Databases
from tests.store.conftest import NOW, open_engine

HASHED = "0019"
"""The last revision whose digests are a hash of all."""
DELIVERY = text(
    "INSERT INTO deliveries (id, connector, method, url, headers, body, received_at, environments) "
    "VALUES (:id, 'jobber', 'POST', 'https://x', '{}', '', '2026-05-04T15:20:10.000000Z', :told)"
)
EVENT = text(
    "INSERT INTO events (id, connector, type, key, account_id, received_at, delivery_id, integration_id, state, "
    "attempts, digest) VALUES (:id, 'jobber', 'T', :key, :account, '2026-05-04T15:20:10.000000Z', :delivery, "
    ":integration, 'done', 1, :digest)"
)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path}/old.sqlite3")
    with engine.connect() as opened:
        alembic(opened, "upgrade", HASHED)
        yield opened
    engine.dispose()


def alembic(connection: Connection, verb: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migration.FOLDER))
    config.attributes["connection"] = connection
    getattr(command, verb)(config, revision)


def event(connection: Connection, **given: str | bytes | None) -> None:
    plain = {"key": "k", "account": "acc", "delivery": "none", "integration": "i1", "digest": str(given["id"]).encode()}
    connection.execute(EVENT, plain | given)


def digests(connection: Connection) -> list[bytes | None]:
    return list(connection.scalars(text("SELECT digest FROM events ORDER BY sequence")))


def test_duplicates_of_what_came_before_are_known(old: Connection) -> None:
    cases = list(enumerate(product(["acc", None], ["i1", None], [None, frozenset(), frozenset({"b", "a"})], [1, 500])))
    for number, (account, integration, told, length) in cases:
        old.execute(DELIVERY, {"id": f"d{number}", "told": None if told is None else f" {' '.join(sorted(told))} "})
        given = {"key": f"{number}é" * length, "account": account, "integration": integration}
        event(old, id=f"e{number}", delivery=f"d{number}", **given)
    migration.upgrade(old)
    assert digests(old) == [
        digest(WebhookEvent("", "jobber", "T", f"{number}é" * length, account, {}, NOW, integration_id=owner), told)
        for number, (account, owner, told, length) in cases
    ]


def test_a_duplicate_stays_without_a_digest(old: Connection) -> None:
    event(old, id="e1", digest=None)
    migration.upgrade(old)
    assert digests(old) == [None]


def test_of_two_whose_digests_become_equal_the_first_stands_for_both(old: Connection) -> None:
    event(old, id="e1", account=None)
    event(old, id="e2", account=None)
    migration.upgrade(old)
    first, second = digests(old)
    assert first is not None
    assert second is None


def test_the_hashes_come_back(old: Connection) -> None:
    for number in range(3):
        event(old, id=f"e{number}", key=f"k{number}")
    migration.upgrade(old)
    alembic(old, "downgrade", HASHED)
    assert {len(found or b"") for found in digests(old)} == {16}


@pytest.fixture
def bare_url(database_dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without a table."""
    if database_dialect == "sqlite":
        yield f"sqlite:///{tmp_path}/bare.sqlite3"
        return
    databases: Databases = request.getfixturevalue("databases")
    with databases.bare() as url:
        yield url


def shape(connection: Connection) -> dict[tuple[str, str], bool]:
    """Every column of every table and view, and whether a row may be added without it."""
    seen = inspect(connection)
    return {
        (table, column["name"]): bool(column["nullable"] or column["default"] is not None)
        for table in [*seen.get_table_names(), *seen.get_view_names()]
        for column in seen.get_columns(table)
    }


def test_what_the_version_before_uses_stays(bare_url: str) -> None:
    """It runs while this one migrates, and after: it reads what it knows, and adds rows without what is new."""
    engine = open_engine(bare_url)
    with engine.begin() as connection:
        before: dict[tuple[str, str], bool] = {}
        for revision in sorted(migration.known()):
            alembic(connection, "upgrade", revision)
            after, tables = shape(connection), {table for table, _ in before}
            assert not before.keys() - after.keys(), revision
            fresh = {name: optional for name, optional in after.items() if name not in before and name[0] in tables}
            assert all(fresh.values()), (revision, fresh)
            before = after
    engine.dispose()


def test_all_text_is_ordered_by_its_bytes_on_postgresql(databases: Databases) -> None:
    with databases.lend() as url:
        engine = open_engine(url)
        with engine.connect() as connection:
            found = connection.execute(text(migration.ORDERED_OTHERWISE), {"tables": list(metadata.tables)}).all()
            connection.execute(text("INSERT INTO sequences VALUES ('a', 1), ('B', 1), ('\u00e4', 1)"))
            assert list(connection.scalars(text("SELECT name FROM sequences ORDER BY name"))) == ["B", "a", "\u00e4"]
        engine.dispose()
    assert found == []


MIGRATE = "import sys; from runner.store.database import Database; Database.open(sys.argv[1]).migrate()"


async def test_several_processes_migrate_at_once(bare_url: str) -> None:
    begun = [await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, bare_url) for _ in range(3)]
    assert [await process.wait() for process in begun] == [0, 0, 0]
    database = Database.open(bare_url)
    assert not database.pending()
    await database.close()
