"""What the table of records knows of some ids, and which of the payloads that tell of them counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Select, bindparam, func, select

from runner.model.record import Record
from runner.store.record_table import Key, records
from runner.store.statements import Compiled, among, listed

_finding = Compiled(["integration", "kind_", "ids"])


class Known(NamedTuple):
    """How new the stored record is, a digest of its content, and whether it is deleted."""

    version: str | None
    fingerprint: str
    deleted: bool


def is_older(version: str | None, known: str | None) -> bool:
    """Whether `version` is certainly older than `known`; fixed-width UTC texts compare as times."""
    return version is not None and known is not None and version < known


def existing(connection: Connection, integration_id: str, found: Sequence[Record]) -> dict[Key, Known]:
    """What is known of the ids of these records."""
    known: dict[Key, Known] = {}
    for kind in {record.kind for record in found}:
        ids = [record.external_id for record in found if record.kind == kind]
        for external_id, version, fingerprint, deleted in _stored(connection, integration_id, kind, ids):
            known[kind, external_id] = Known(version, fingerprint, bool(deleted))
    return known


def newest_of(found: Sequence[Record], known: Mapping[Key, Known]) -> dict[Key, Record]:
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


def _stored(connection: Connection, integration_id: str, kind: str, ids: list[str]) -> Sequence[Sequence[Any]]:
    dialect = connection.dialect.name
    found = _finding.find(connection, _statement(dialect), (integration_id, kind, listed(dialect, ids)))
    return found if dialect == "postgresql" else orjson.loads(found[0][0])


@cache
def _statement(dialect: str) -> Select[Any]:
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
