"""Table checkpoints: what each sync of an integration remembers, saved with the records that it covers."""

from __future__ import annotations

from sqlalchemy import Column, Connection, String, Table, Text, delete, select

from runner.model.run import Checkpoint
from runner.store.columns import Json, UtcDateTime, metadata
from runner.store.statements import insert

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("integration_id", String(64), primary_key=True),
    Column("sync", Text, primary_key=True),
    Column("value", Text),
    Column("progress", Json),
    Column("last_full_at", UtcDateTime),
)


def get(connection: Connection, integration_id: str, sync: str) -> Checkpoint:
    """What was saved last; an empty Checkpoint when nothing was."""
    row = connection.execute(
        select(checkpoints.c.value, checkpoints.c.progress, checkpoints.c.last_full_at).where(
            checkpoints.c.integration_id == integration_id, checkpoints.c.sync == sync
        )
    ).one_or_none()
    return Checkpoint(*row) if row is not None else Checkpoint()


def save(connection: Connection, integration_id: str, sync: str, checkpoint: Checkpoint) -> None:
    """Replace what was saved, in the caller's transaction."""
    values = {
        "value": checkpoint.value,
        "progress": checkpoint.progress,
        "last_full_at": checkpoint.last_full_at,
    }
    statement = insert(connection.dialect.name, checkpoints).values(integration_id=integration_id, sync=sync, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["integration_id", "sync"], set_=values))


def forget(connection: Connection, integration_id: str, sync: str | None = None) -> None:
    """Drop one checkpoint, or all of the integration: the next run begins from nothing."""
    query = delete(checkpoints).where(checkpoints.c.integration_id == integration_id)
    if sync is not None:
        query = query.where(checkpoints.c.sync == sync)
    connection.execute(query)
