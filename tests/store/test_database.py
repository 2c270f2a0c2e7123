"""Opening, reading, migrating, and that what was acknowledged survives a kill."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from runner.errors import SettingsError, StoreUnavailable
from runner.store import migration
from runner.store.database import Database
from runner.store.postgresql import unreached
from runner.store.tables import TABLES, metadata
from tests.store.conftest import open_engine

CHILD = """
import asyncio, sys
from sqlalchemy import text
from runner.store.database import Database

async def main():
    database = Database.open("sqlite:///" + sys.argv[1])
    for number in range(1_000_000):
        work = lambda connection: connection.execute(
            text("INSERT INTO sequences (name, value) VALUES (:name, 1)"), {"name": str(number)})
        await database.write(lambda connection: work(connection) and None)
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("mysql://host/name", "'mysql'"),
        ("nonsense", "cannot be read"),
        ("sqlite:////nowhere/at/all/file", "does not exist"),
    ],
)
def test_a_url_that_does_not_fit_is_refused_with_the_remedy(url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        Database.open(url)
    assert "RUNNER_DATABASE_URL" in str(caught.value)


@pytest.mark.sqlite_only
async def test_sqlite_is_opened_to_be_durable(database: Database) -> None:
    def pragmas(connection: Connection) -> list[object]:
        return [connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")]

    assert await database.write(pragmas) == ["wal", 2, 1]
    assert database.dialect == "sqlite"


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match=r"read-?only"):
        await database.read(lambda connection: connection.execute(text("DELETE FROM sequences")))


async def test_a_read_sees_one_state(database: Database, database_url: str) -> None:
    def twice(connection: Connection) -> tuple[int, int]:
        query = text("SELECT count(*) FROM sequences")
        before = connection.scalar(query)
        other.execute(text("INSERT INTO sequences VALUES ('meanwhile', 1)"))
        other.commit()
        return int(before or 0), int(connection.scalar(query) or 0)

    engine = open_engine(database_url)
    with engine.connect() as other:
        assert await database.read(twice) == (0, 0)
    engine.dispose()


async def test_migrate_makes_what_was_pending(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/new.sqlite3")
    assert database.pending()
    database.migrate()
    assert not database.pending()
    database.migrate()
    await database.close()


def test_the_migrations_make_the_tables_of_the_metadata(connection: Connection) -> None:
    def is_ours(_: object, name: str | None, __: str, ___: bool, ____: object) -> bool:
        return not str(name).startswith(("procrastinate", "ix_procrastinate")) and name not in views

    views = inspect(connection).get_view_names()
    context = MigrationContext.configure(connection, opts={"include_object": is_ours})
    assert compare_metadata(context, metadata) == []


@pytest.mark.sqlite_only
def test_the_migrations_make_them_to_the_letter(connection: Connection, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/made.sqlite3")
    metadata.create_all(engine)
    with engine.connect() as made:
        assert schema(connection) == schema(made)
    engine.dispose()


def test_every_table_is_valid_for_postgresql() -> None:
    for table in TABLES:
        ddl = [CreateTable(table), *(CreateIndex(index) for index in table.indexes)]
        for statement in ddl:
            written = str(statement.compile(dialect=postgresql.dialect()))
            assert "VARCHAR(27)" not in written


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout as output:
        acknowledged = [int(output.readline()) for _ in range(200)]
        os.kill(child.pid, signal.SIGKILL)
        acknowledged.extend(int(line) for line in output if line.endswith("\n"))
    child.wait()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as opened:
        stored = {int(name) for name in opened.scalars(text("SELECT name FROM sequences"))}
    engine.dispose()
    assert stored >= set(acknowledged)


def schema(connection: Connection) -> dict[str, list[str]]:
    query = text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'")
    return {
        name: sorted(" ".join(sql.split()).removesuffix(" )").replace(", ", ",").split(","))
        for name, sql in connection.execute(query)
    }


def test_the_newest_migration_is_the_head_of_all() -> None:
    config = Config()
    config.set_main_option("script_location", str(migration.FOLDER))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [migration.newest()]
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)


async def test_what_is_asked_before_a_start_says_in_a_sentence_that_nobody_is_there() -> None:
    database = Database.open("postgresql://runner:hunter2@127.0.0.1:9/nobody")  # where nothing listens
    try:
        for ask in (database.refuse_newer, database.pending, database.is_new, database.migrate):
            with pytest.raises(StoreUnavailable) as caught:
                await asyncio.to_thread(ask)
            assert str(caught.value).startswith(
                "the database postgresql://runner:***@127.0.0.1:9/nobody cannot be reached: connection to"
            )
            assert str(caught.value).endswith("Connection refused; start it, or mend RUNNER_DATABASE_URL")
    finally:
        await database.close()


async def test_what_is_written_where_nobody_is_says_the_same() -> None:
    database = Database.open("postgresql://runner@127.0.0.1:9/nobody")
    try:
        with pytest.raises(StoreUnavailable, match=r"runner@127.0.0.1:9/nobody cannot be reached: .*; start it, or"):
            await database.write(lambda connection: connection.execute(text("SELECT 1")))
    finally:
        await database.close()


async def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("not a database at all, and long enough to be read as a page of one" * 20)
    with pytest.raises(StoreUnavailable, match="cannot serve: file is not a database"):
        Database.open(f"sqlite:///{tmp_path / 'notes'}").pending()


def test_a_port_that_is_no_number_is_told_without_what_stands_there() -> None:
    with pytest.raises(SettingsError, match="the port in the database URL is no number; RUNNER_DATABASE_URL") as caught:
        Database.open("postgresql://runner:secret@127.0.0.1:hunter2/runner")
    assert "hunter2" not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ('FATAL:  password authentication failed for user "x"', "mend user and password in RUNNER_DATABASE_URL"),
        ('FATAL:  role "x" does not exist', "mend user and password"),
        ('FATAL:  database "x" does not exist', "make it (createdb)"),
        ("FATAL:  sorry, too many clients already", "raise max_connections of the server, or lower RUNNER_DATABASE"),
        ("FATAL:  remaining connection slots are reserved for roles with", "raise max_connections"),
        ("FATAL:  the database system is starting up", "try again in a moment"),
        (
            "connection failed: Connection refused\n\tIs the server running",
            "refused; start it, or mend RUNNER_DATABASE",
        ),
    ],
)
def test_who_is_not_let_in_is_told_the_remedy(said: str, remedy: str) -> None:
    told = unreached(make_url("postgresql://x:hunter2@host/name"), said)
    assert told.startswith("the database postgresql://x:***@host/name cannot be reached: ")
    assert remedy in told
    assert ("hunter2" in told, "\n" in told) == (False, False)


@pytest.mark.parametrize("name", ["password", "sslpassword"])
def test_a_password_where_messages_would_show_it_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} behind the .* of the database URL would be shown") as caught:
        Database.open(f"postgresql://runner@host/name?{name}=s3cr3t-word")
    assert "s3cr3t" not in str(caught.value)
