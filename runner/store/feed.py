"""How records are read: one, some, the children of one, all of them, or what changed since a sequence number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, case, func, or_, select, tuple_

from runner.errors import NotFound
from runner.model.record import Record
from runner.store.integrations import integrations
from runner.store.record_table import Key, records
from runner.store.sequences import drawn, held
from runner.store.statements import chunks

_COLUMNS = [records.c[name] for name in ("integration_id", "sequence", "created_at", "changed_at", "deleted_at")]
_OWN = [records.c[name] for name in ("kind", "external_id", "fields", "version", "inactive", "processor", "parent")]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record with what the store knows of it. `sequence` grows with every change of any record."""

    integration_id: str
    sequence: int
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None
    record: Record

    @property
    def is_gone(self) -> bool:
        """Whether the thing is at the partner no more, or at rest there: hosts archive it."""
        return self.record.inactive or self.deleted_at is not None


def get(connection: Connection, integration_id: str, kind: str, external_id: str) -> StoredRecord:
    """The record, deleted or not; NotFound when it never was."""
    query = _select().where(
        records.c.integration_id == integration_id, records.c.kind == kind, records.c.external_id == external_id
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(
            f"integration {integration_id} has no {kind} {external_id} (`GET /api/records` and `runner records` list "
            "what it has)"
        )
    return _stored(row)


def find(
    connection: Connection,
    integration_id: str | None = None,
    kind: str | None = None,
    *,
    company: str | None = None,
    connector: str | None = None,
    after: int = 0,
    limit: int = 100,
    deleted: bool | None = None,
    inactive: bool | None = None,
) -> list[StoredRecord]:
    """Records in the order of their last change, after sequence number `after`; None: with and without."""
    table = records.c
    query = _select().where(table.sequence > after).order_by(table.sequence).limit(limit)
    if integration_id is not None:
        query = query.where(table.integration_id == integration_id)
    if kind is not None:
        query = query.where(table.kind == kind)
    if company is not None or connector is not None:
        query = query.where(table.integration_id.in_(_of(company, connector)))
    if deleted is not None:
        query = query.where(table.deleted_at.is_not(None) if deleted else table.deleted_at.is_(None))
    if inactive is not None:
        query = query.where(table.inactive.is_(inactive))
    return [_stored(row) for row in connection.execute(query)]


def head(connection: Connection) -> int:
    """How far the feed has come: what is committed later gets a greater number.

    Read it before the page that it is to close: numbers are drawn under a lock that is held until the commit, so a
    view that shows one number shows all smaller ones.
    """
    return drawn(connection, "records")


def moved(connection: Connection, integration_id: str, since: int, keys: Iterable[Key] | None = None) -> bool:
    """Whether a record of the integration, or one of those that are named, changed after sequence number `since`. None
    changes before the caller's transaction ends, so that what it stores by the answer stays true."""
    if held(connection, "records") == since:
        return False
    table = records.c
    later = (table.integration_id == integration_id, table.sequence > since)
    if keys is None:
        return connection.execute(select(table.sequence).where(*later).limit(1)).first() is not None
    one_of = tuple_(table.kind, table.external_id).in_(list(keys))
    return connection.execute(select(table.sequence).where(*later, one_of).limit(1)).first() is not None


def named(
    connection: Connection, integration_id: str, kind: str, external_ids: Sequence[str]
) -> dict[str, StoredRecord]:
    """Those of these ids that there are, deleted ones too."""
    table, found = records.c, dict[str, StoredRecord]()
    for part in chunks(external_ids):
        query = _select().where(table.integration_id == integration_id, table.kind == kind, table.external_id.in_(part))
        found.update((row.external_id, _stored(row)) for row in connection.execute(query))
    return found


def children(connection: Connection, integration_id: str, parent: str, kind: str | None = None) -> list[StoredRecord]:
    """Records that name `parent` as their parent and are not deleted."""
    table = records.c
    query = _select().where(table.integration_id == integration_id, table.parent == parent, table.deleted_at.is_(None))
    if kind is not None:
        query = query.where(table.kind == kind)
    return [_stored(row) for row in connection.execute(query.order_by(table.kind, table.external_id))]


def having(
    connection: Connection, integration_id: str, kind: str, field: str, value: str, *, below: bool = False
) -> list[str]:
    """External ids of those that are not deleted and have this text in a field; with `below`, of those too where it
    begins with the text and a `/`."""
    table = records.c
    if connection.dialect.name == "sqlite":
        there = func.json_extract(table.fields, f"$.{field}", type_=Text)
    else:
        there = func.jsonb_extract_path_text(table.fields, field, type_=Text)
    fits = there == value
    if below:
        fits = or_(fits, func.substr(there, 1, len(value) + 1) == f"{value}/")
    mine = (table.integration_id == integration_id, table.kind == kind, table.deleted_at.is_(None))
    return list(connection.scalars(select(table.external_id).where(*mine, fits).order_by(table.sequence)))


def ids(connection: Connection, integration_id: str, kind: str) -> set[str]:
    """External ids of a kind that are not deleted: what a complete pass did not see is missing."""
    table = records.c
    query = select(table.external_id).where(
        table.integration_id == integration_id, table.kind == kind, table.deleted_at.is_(None)
    )
    return set(connection.scalars(query))


def counts(connection: Connection, integration_id: str | None = None) -> dict[str, dict[str, int]]:
    """By kind, how many records are `active`, `inactive` and `deleted`."""
    table = records.c
    standing = case((table.deleted_at.is_not(None), "deleted"), (table.inactive, "inactive"), else_="active")
    query = select(table.kind, standing, func.count()).group_by(table.kind, standing).order_by(table.kind)
    if integration_id is not None:
        query = query.where(table.integration_id == integration_id)
    found: dict[str, dict[str, int]] = {}
    for kind, name, count in connection.execute(query):
        found.setdefault(kind, {"active": 0, "inactive": 0, "deleted": 0})[name] = count
    return found


def iterate(
    connection: Connection, integration_id: str | None = None, kind: str | None = None, *, chunk: int = 500
) -> Iterator[StoredRecord]:
    """All records that are not deleted, in the order of their last change, `chunk` of them in memory at a time."""
    after = 0
    while found := find(connection, integration_id, kind, after=after, limit=chunk, deleted=False):
        yield from found
        after = found[-1].sequence


def _of(company: str | None, connector: str | None) -> Select[Any]:
    """The integrations of a company, of a connector, or of both."""
    query = select(integrations.c.id)
    if company is not None:
        query = query.where(integrations.c.company == company)
    return query if connector is None else query.where(integrations.c.connector == connector)


def _select() -> Select[Any]:
    return select(*_COLUMNS, *_OWN)


def _stored(row: Row[Any]) -> StoredRecord:
    own = dict(zip((column.name for column in _OWN), row[len(_COLUMNS) :], strict=True))
    integration_id, sequence, created_at, changed_at, deleted_at = row[: len(_COLUMNS)]
    return StoredRecord(integration_id, sequence, created_at, changed_at, deleted_at, Record(**own))
