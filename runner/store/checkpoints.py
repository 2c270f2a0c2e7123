"""Table checkpoints: what each sync of an integration remembers, saved with the records that it covers."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Column, Connection, String, Table, Text, UpdateBase, bindparam, delete, func, select

from runner.model.run import Checkpoint
from runner.store.columns import Json, UtcDateTime, json_text, metadata, utc_text
from runner.store.statements import Compiled, insert

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("integration_id", String(64), primary_key=True),
    Column("sync", Text, primary_key=True),
    Column("value", Text),
    Column("progress", Json),
    Column("last_full_at", UtcDateTime),
    Column("saved_at", UtcDateTime),
)


_OWN = [checkpoints.c.value, checkpoints.c.progress, checkpoints.c.last_full_at, checkpoints.c.saved_at]
_FOUND = select(*_OWN).where(
    checkpoints.c.integration_id == bindparam("integration"), checkpoints.c.sync == bindparam("sync_")
)
_finding = Compiled(["integration", "sync_"])
_going = Compiled(["integration_id", "sync", "value", "progress"])
_saving = Compiled([column.name for column in checkpoints.columns])


def get(connection: Connection, integration_id: str, sync: str) -> Checkpoint:
    """What was saved last; an empty Checkpoint when nothing was."""
    for value, progress, last_full_at, saved_at in _finding.find(connection, _FOUND, (integration_id, sync)):
        return Checkpoint(value, _json(progress), _moment(last_full_at), _moment(saved_at))
    return Checkpoint()


def save(connection: Connection, integration_id: str, sync: str, checkpoint: Checkpoint) -> None:
    """Replace what was saved, in the caller's transaction."""
    progress = None if checkpoint.progress is None else json_text(checkpoint.progress)
    moments = [None if at is None else utc_text(at) for at in (checkpoint.last_full_at, checkpoint.saved_at)]
    row = (integration_id, sync, checkpoint.value, progress, *moments)
    _saving.run(connection, _statement(connection.dialect.name), [row])


def go_on(
    connection: Connection, integration_id: str, sync: str, progress: dict[str, Any], value: str | None = None
) -> None:
    """Save the place of a walk, and the `value` where one is given; what else was saved stays."""
    row = (integration_id, sync, value, json_text(progress))
    _going.run(connection, _step(connection.dialect.name), [row])


def forget(connection: Connection, integration_id: str, sync: str | None = None) -> None:
    """Drop one checkpoint, or all of the integration: the next run begins from nothing."""
    query = delete(checkpoints).where(checkpoints.c.integration_id == integration_id)
    if sync is not None:
        query = query.where(checkpoints.c.sync == sync)
    connection.execute(query)


@cache
def _statement(dialect: str) -> UpdateBase:
    statement = insert(dialect, checkpoints)
    new = {name: statement.excluded[name] for name in ("value", "progress", "last_full_at", "saved_at")}
    return statement.on_conflict_do_update(index_elements=["integration_id", "sync"], set_=new)


@cache
def _step(dialect: str) -> UpdateBase:
    statement = insert(dialect, checkpoints)
    new, old = statement.excluded, checkpoints.c
    moved = {"progress": new.progress, "value": func.coalesce(new.value, old.value)}
    return statement.on_conflict_do_update(index_elements=["integration_id", "sync"], set_=moved)


def _json(stored: Any) -> Any:
    """SQLite keeps text, PostgreSQL's driver has decoded it."""
    return orjson.loads(stored) if isinstance(stored, str) else stored


def _moment(stored: Any) -> datetime | None:
    return datetime.fromisoformat(stored) if isinstance(stored, str) else stored
