"""Runs the packaged Alembic migrations on a connection that is handed in.

Alembic is imported only where there is something to do: it costs a process that finds its database as it should be a
tenth of its memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from runner.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
ALONE = "SELECT pg_advisory_xact_lock(7280615)"
PATIENCE = "SET LOCAL lock_timeout = '30s'"
ORDERED_OTHERWISE = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(:tables)
AND a.attnum > 0 AND NOT a.attisdropped AND a.attcollation NOT IN (0, 'pg_catalog."C"'::regcollation)
ORDER BY c.relname, a.attnum
"""


def upgrade(connection: Connection) -> None:
    """Apply what is missing, in the caller's transaction. Waits for another process that does the same."""
    from alembic import command

    is_shared = connection.dialect.name == "postgresql"
    if is_shared:
        _wait_for_others(connection)
    command.upgrade(_config(connection), "head")
    if is_shared:
        _order_by_bytes(connection)


def _wait_for_others(connection: Connection) -> None:
    """A migration may take long. But one that waits for a table makes all wait who come after it: not for long."""
    for statement in ("SET LOCAL statement_timeout = 0", "SET LOCAL lock_timeout = 0", ALONE, PATIENCE):
        connection.execute(text(statement))


def _order_by_bytes(connection: Connection) -> None:
    """Have each text column compare as Python and SQLite do, whatever language the database speaks: pages go by it."""
    columns: dict[str, list[str]] = {}
    for table, column, type_ in connection.execute(text(ORDERED_OTHERWISE), {"tables": list(metadata.tables)}):
        columns.setdefault(table, []).append(f'ALTER COLUMN "{column}" TYPE {type_} COLLATE "C"')
    for table, changes in columns.items():
        connection.execute(text(f'ALTER TABLE "{table}" {", ".join(changes)}'))


def is_behind(connection: Connection) -> bool:
    """Whether the database lacks a migration that this version of the runner has."""
    found = revision(connection)
    return found is None or (found in known() and found != newest())


def is_ahead(connection: Connection) -> bool:
    """Whether the database has a migration that this version of the runner does not know."""
    found = revision(connection)
    return found is not None and found not in known()


def revision(connection: Connection) -> str | None:
    """That of the database; None where nothing was migrated yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def newest() -> str:
    """The revision that this version of the runner makes."""
    return max(known())


def known() -> set[str]:
    """All revisions that this version of the runner knows: the files of the migrations begin with theirs, in order."""
    return {path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py")}


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
