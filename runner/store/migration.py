"""Runs the packaged Alembic migrations on a connection that is handed in.

Alembic is imported only where there is something to do: it costs a process that finds its database as it should be a
tenth of its memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Apply what is missing, in the caller's transaction. Waits for another process that does the same."""
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7280615)"))
    command.upgrade(_config(connection), "head")


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
