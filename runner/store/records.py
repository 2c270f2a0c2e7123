"""Table records: the newest known state of everything that partners told, and a feed of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    UpdateBase,
    bindparam,
    func,
    null,
    or_,
    select,
    update,
)

from runner.model.record import Record
from runner.store.columns import Json, Number, UtcDateTime, metadata, utc_text
from runner.store.sequences import draw
from runner.store.statements import Compiled, among, chunks, insert, listed

records = Table(
    "records",
    metadata,
    Column("sequence", Number, primary_key=True),
    Column("integration_id", String(64), nullable=False),
    Column("kind", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("fields", Json, nullable=False),
    Column("version", Text),
    Column("fingerprint", String(32), nullable=False),
    Column("inactive", Boolean, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("processor", Text, nullable=False),
    Column("parent", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("integration_id", "kind", "external_id"),
    Index("ix_records_feed", "integration_id", "sequence"),
)

IDENTITY = ("integration_id", "kind", "external_id")
_upsert = Compiled([column.name for column in records.columns if column.name != "deleted_at"])

_known = Compiled(["integration", "kind_", "ids"])

Key = tuple[str, str]
"""(kind, external_id)"""


@dataclass(frozen=True)
class Upserted:
    """What an upsert did: the keys it created and changed; `unchanged` and `stale` (older than known) cost no write."""

    created: list[Key] = field(default_factory=list)
    changed: list[Key] = field(default_factory=list)
    unchanged: int = 0
    stale: int = 0

    def joined(self, other: Upserted) -> Upserted:
        """Both together."""
        created, changed = [*self.created, *other.created], [*self.changed, *other.changed]
        return Upserted(created, changed, self.unchanged + other.unchanged, self.stale + other.stale)


@dataclass(slots=True)
class _Known:
    version: str | None
    fingerprint: str
    deleted: bool


def upsert(connection: Connection, integration_id: str, found: Sequence[Record], at: datetime) -> Upserted:
    """Store what is new. An older version never overwrites a newer one; the same content is not written again.

    The same content under a newer version only moves the version, unseen by the feed. Of an id that stands in `found`
    twice the newest wins, among equals the last. A record without a version counts as newer than what is known and
    keeps the known version. A deleted record is revived by what is not older.
    """
    known = _existing(connection, integration_id, found)
    newest = _newest(found, known)
    outcome = Upserted(stale=len(found) - len(newest))
    rows: list[tuple[Any, ...]] = []
    touched: list[Record] = []
    moment = utc_text(at)
    for key, record in newest.items():
        before = known.get(key)
        fields, fingerprint = _content(record)
        if before is not None and before.fingerprint == fingerprint and not before.deleted:
            if record.version != before.version:
                touched.append(record)
            continue
        (outcome.created if before is None else outcome.changed).append(key)
        rows.append(_row(integration_id, record, fields, fingerprint, moment))
    _write(connection, rows)
    _touch(connection, integration_id, touched)
    return replace(outcome, unchanged=len(newest) - len(rows))


def mark_deleted(
    connection: Connection,
    integration_id: str,
    kind: str,
    ids: Iterable[str],
    at: datetime,
    version: str | None = None,
) -> list[Key]:
    """Mark records as deleted; returns the keys that changed. Those newer than `version` stay as they are."""
    table = records.c
    where = [table.integration_id == integration_id, table.kind == kind, table.deleted_at.is_(None)]
    if version is not None:
        where.append(or_(table.version.is_(None), table.version <= version))
    gone: list[str] = []
    for part in chunks(list(dict.fromkeys(ids))):
        query = select(table.external_id).where(*where, table.external_id.in_(part)).order_by(table.sequence)
        gone.extend(connection.scalars(query.with_for_update()))
    if not gone:
        return []
    first = draw(connection, "records", len(gone))
    values: dict[str, Any] = {"sequence": bindparam("number"), "deleted_at": at, "changed_at": at}
    if version is not None:
        values["version"] = version
    statement = (
        update(records)
        .where(table.integration_id == integration_id, table.kind == kind, table.external_id == bindparam("id_"))
        .values(values)
    )
    connection.execute(
        statement, [{"number": first + index, "id_": external_id} for index, external_id in enumerate(gone)]
    )
    return [(kind, external_id) for external_id in gone]


def is_older(version: str | None, known: str | None) -> bool:
    """Whether `version` is certainly older than `known`; fixed-width UTC texts compare as times."""
    return version is not None and known is not None and version < known


def _newest(found: Sequence[Record], known: dict[Key, _Known]) -> dict[Key, Record]:
    """The last of each id after going through `found` in order, without what is older than what came before it."""
    newest: dict[Key, Record] = {}
    for record in found:
        key = (record.kind, record.external_id)
        before = newest.get(key) or known.get(key)
        if before is None or record.version == before.version:
            newest[key] = record
        elif record.version is None:
            newest[key] = replace(record, version=before.version)
        elif not is_older(record.version, before.version):
            newest[key] = record
    return newest


def _existing(connection: Connection, integration_id: str, found: Sequence[Record]) -> dict[Key, _Known]:
    kinds: dict[str, list[str]] = {}
    for record in found:
        kinds.setdefault(record.kind, []).append(record.external_id)
    known: dict[Key, _Known] = {}
    for kind, ids in kinds.items():
        for external_id, version, fingerprint, deleted in _stored(connection, integration_id, kind, ids):
            known[kind, external_id] = _Known(version, fingerprint, bool(deleted))
    return known


def _stored(connection: Connection, integration_id: str, kind: str, ids: list[str]) -> Sequence[Sequence[Any]]:
    dialect = connection.dialect.name
    found = _known.find(connection, _looking(dialect), (integration_id, kind, listed(dialect, ids)))
    return found if dialect == "postgresql" else orjson.loads(found[0][0])


def _content(record: Record) -> tuple[str, str]:
    """The fields as text, and the fingerprint of all that makes a change: fields, activity and parent."""
    fields = orjson.dumps(record.fields, option=orjson.OPT_SORT_KEYS)
    rest = f"\0{record.inactive:d}{record.parent or ''}".encode()
    return fields.decode(), blake2b(fields + rest, digest_size=16).hexdigest()


def _row(integration_id: str, record: Record, fields: str, fingerprint: str, moment: str) -> tuple[Any, ...]:
    return (
        integration_id,
        record.kind,
        record.external_id,
        fields,
        record.version,
        fingerprint,
        record.inactive,
        record.processor,
        record.parent,
        moment,
        moment,
    )


def _write(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        first = draw(connection, "records", len(rows))
        numbered = [(first + index, *row) for index, row in enumerate(rows)]
        _upsert.run(connection, _statement(connection.dialect.name), numbered)


def _touch(connection: Connection, integration_id: str, touched: list[Record]) -> None:
    if not touched:
        return
    table = records.c
    statement = (
        update(records)
        .where(
            table.integration_id == integration_id,
            table.kind == bindparam("kind_"),
            table.external_id == bindparam("id_"),
            or_(table.version.is_(None), table.version < bindparam("version_")),
        )
        .values(version=bindparam("version_"))
    )
    connection.execute(
        statement,
        [{"kind_": item.kind, "id_": item.external_id, "version_": item.version} for item in touched],
    )


@cache
def _looking(dialect: str) -> Select[Any]:
    """What is known of some ids. On SQLite all of it is one text, since the driver hands over one row at a time, and
    lets go of the interpreter for each."""
    table = records.c
    columns = (table.external_id, table.version, table.fingerprint, table.deleted_at.is_not(None))
    selected = select(*columns) if dialect == "postgresql" else select(func.json_group_array(func.json_array(*columns)))
    return selected.where(
        table.integration_id == bindparam("integration"),
        table.kind == bindparam("kind_"),
        among(dialect, table.external_id, "ids"),
    )


@cache
def _statement(dialect: str) -> UpdateBase:
    """The upsert; its WHERE holds the order of versions against writers of other processes, too."""
    statement = insert(dialect, records)
    new, old = statement.excluded, records.c
    taken = ("sequence", "fields", "fingerprint", "inactive", "processor", "parent", "changed_at")
    return statement.on_conflict_do_update(
        index_elements=IDENTITY,
        set_={name: new[name] for name in taken}
        | {"version": func.coalesce(new.version, old.version), "deleted_at": null()},
        where=or_(old.version.is_(None), new.version.is_(None), new.version >= old.version),
    )
