"""Table quarantine: payloads that no record could be made of, each with its flaws, until they map or are removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Row, String, Table, Text, UniqueConstraint, bindparam, delete, func, select

from runner.errors import NotFound
from runner.model.record import Flaw
from runner.store.columns import Json, Number, UtcDateTime, metadata
from runner.store.statements import Compiled, chunks, insert

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Number, primary_key=True),
    Column("integration_id", String(64), nullable=False),
    Column("processor", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("external_id", Text),
    Column("payload", Json),
    Column("flaws", Json, nullable=False),
    Column("times", Number, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    UniqueConstraint("integration_id", "processor", "reference"),
)


_ANY = select(
    select(quarantine.c.id)
    .where(
        quarantine.c.integration_id == bindparam("integration"),
        quarantine.c.processor == bindparam("processor_"),
        quarantine.c.external_id.is_not(None),
    )
    .exists()
)
_any = Compiled(["integration", "processor_"])


@dataclass(frozen=True)
class Quarantined:
    """A payload and why it is here; it came `times` times, the latest is kept."""

    id: int
    integration_id: str
    processor: str
    external_id: str | None
    payload: Any = field(repr=False)
    flaws: tuple[Flaw, ...]
    times: int
    first_at: datetime
    last_at: datetime


def put(
    connection: Connection,
    integration_id: str,
    processor: str,
    external_id: str | None,
    payload: Any,
    flaws: Sequence[Flaw],
    at: datetime,
) -> None:
    """Keep it; one of the same external id (else of the same content) is replaced."""
    statement = insert(connection.dialect.name, quarantine).values(
        integration_id=integration_id,
        processor=processor,
        reference=_reference(external_id, payload),
        external_id=external_id,
        payload=payload,
        flaws=[asdict(flaw) for flaw in flaws],
        times=1,
        first_at=at,
        last_at=at,
    )
    latest = {name: statement.excluded[name] for name in ("payload", "flaws", "last_at")}
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["integration_id", "processor", "reference"],
            set_=latest | {"times": quarantine.c.times + 1},
        )
    )


def get(connection: Connection, quarantine_id: int) -> Quarantined:
    """One by its number, or NotFound."""
    row = connection.execute(select(quarantine).where(quarantine.c.id == quarantine_id)).one_or_none()
    if row is None:
        raise NotFound(f"nothing is quarantined under {quarantine_id}; it was mended or removed")
    return _quarantined(row)


def find(
    connection: Connection, integration_id: str | None = None, processor: str | None = None, limit: int = 100
) -> list[Quarantined]:
    """Those that fit, the latest first."""
    query = select(quarantine).order_by(quarantine.c.last_at.desc(), quarantine.c.id.desc()).limit(limit)
    if integration_id is not None:
        query = query.where(quarantine.c.integration_id == integration_id)
    if processor is not None:
        query = query.where(quarantine.c.processor == processor)
    return [_quarantined(row) for row in connection.execute(query)]


def clear(connection: Connection, integration_id: str, processor: str, ids: Sequence[str]) -> int:
    """Remove what maps well by now, by external id; returns how many."""
    [(some,)] = _any.find(connection, _ANY, (integration_id, processor))
    if not some:
        return 0  # as nearly always: a page need not look for each of its ids
    table = quarantine.c
    count = 0
    for part in chunks([f"id:{external_id}" for external_id in ids]):
        count += connection.execute(
            delete(quarantine).where(
                table.integration_id == integration_id, table.processor == processor, table.reference.in_(part)
            )
        ).rowcount
    return count


def remove(connection: Connection, quarantine_id: int) -> None:
    """Drop one; NotFound when it is not there."""
    if not connection.execute(delete(quarantine).where(quarantine.c.id == quarantine_id)).rowcount:
        raise NotFound(f"nothing is quarantined under {quarantine_id}; it was mended or removed")


def counts(connection: Connection, integration_id: str | None = None) -> dict[str, int]:
    """By processor, how many are here."""
    query = select(quarantine.c.processor, func.count()).group_by(quarantine.c.processor)
    if integration_id is not None:
        query = query.where(quarantine.c.integration_id == integration_id)
    return {row[0]: row[1] for row in connection.execute(query.order_by(quarantine.c.processor))}


def _reference(external_id: str | None, payload: Any) -> str:
    if external_id is not None:
        return f"id:{external_id}"
    return "content:" + blake2b(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def _quarantined(row: Row[Any]) -> Quarantined:
    values = dict(row._mapping)
    del values["reference"]
    return Quarantined(**values | {"flaws": tuple(Flaw(**flaw) for flaw in row.flaws)})
