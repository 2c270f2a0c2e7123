"""How records are written: the newest known state of everything that partners told, and a feed of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import (
    Connection,
    UpdateBase,
    bindparam,
    func,
    null,
    or_,
    select,
    update,
)

from runner.model.record import Record
from runner.store.columns import utc_text
from runner.store.known import existing, newest_of
from runner.store.record_table import Key, records
from runner.store.sequences import draw
from runner.store.statements import Compiled, chunks, hold, insert

IDENTITY = ("integration_id", "kind", "external_id")
_upsert = Compiled([column.name for column in records.columns if column.name != "deleted_at"])


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


def upsert(connection: Connection, integration_id: str, found: Sequence[Record], at: datetime) -> Upserted:
    """Store what is new. An older version never overwrites a newer one; the same content is not written again.

    The same content under a newer version only moves the version, unseen by the feed. Of an id that stands in `found`
    twice the newest wins, among equals the last. A record without a version counts as newer than what is known and
    keeps the known version. A deleted record is revived by what is not older.
    """
    hold(connection, f"records:{integration_id}")
    known = existing(connection, integration_id, found)
    newest = newest_of(found, known)
    created: list[Key] = []
    changed: list[Key] = []
    written: list[tuple[Record, str, str]] = []
    touched: list[Record] = []
    for key, record in newest.items():
        fields, fingerprint = _content(record)
        before = known.get(key)
        if before is None:
            created.append(key)
        elif before.fingerprint != fingerprint or before.deleted:
            changed.append(key)
        else:
            if record.version != before.version:
                touched.append(record)
            continue
        written.append((record, fields, fingerprint))
    _write(connection, integration_id, written, utc_text(at))
    _touch(connection, integration_id, touched)
    return Upserted(created, changed, unchanged=len(newest) - len(written), stale=len(found) - len(newest))


def mark_deleted(
    connection: Connection,
    integration_id: str,
    kind: str,
    ids: Iterable[str],
    at: datetime,
    version: str | None = None,
) -> list[Key]:
    """Mark records as deleted; returns the keys that changed. Those newer than `version` stay as they are."""
    hold(connection, f"records:{integration_id}")
    table = records.c
    where = [table.integration_id == integration_id, table.kind == kind, table.deleted_at.is_(None)]
    if version is not None:
        where.append(or_(table.version.is_(None), table.version <= version))
    gone: list[str] = []
    for part in chunks(list(dict.fromkeys(ids))):
        query = select(table.external_id).where(*where, table.external_id.in_(part)).order_by(table.sequence)
        gone.extend(connection.scalars(query))
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


def _content(record: Record) -> tuple[str, str]:
    """The fields as text, and the fingerprint of all that makes a change: fields, activity and parent."""
    fields = orjson.dumps(record.fields, option=orjson.OPT_SORT_KEYS)
    rest = f"\0{record.inactive:d}{record.parent or ''}".encode()
    return fields.decode(), blake2b(fields + rest, digest_size=16).hexdigest()


def _write(connection: Connection, integration_id: str, written: list[tuple[Record, str, str]], moment: str) -> None:
    """Store records, each with its fields as text and its fingerprint, under the next numbers of the feed."""
    if not written:
        return
    first = draw(connection, "records", len(written))
    rows: list[tuple[Any, ...]] = [
        (
            number,
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
        for number, (record, fields, fingerprint) in enumerate(written, first)
    ]
    _upsert.run(connection, _statement(connection.dialect.name), rows)


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
