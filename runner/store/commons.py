"""Table commons: what both sides of a link had in common last, and what each has since, by delivery rule."""

from __future__ import annotations

from dataclasses import astuple
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Integer, String, Table, Text, and_, delete, select

from runner.model.common import Common, Pair, Replaced, Side
from runner.model.push import Link
from runner.store.columns import Json, UtcDateTime, metadata, utc_text
from runner.store.statements import hold, insert

commons = Table(
    "commons",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("integration_id", String(64), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("destination", String(64), primary_key=True),
    Column("common", Json, nullable=False),
    Column("partner", Json, nullable=False),
    Column("host", Json, nullable=False),
    Column("replaced", Json, nullable=False),
    Column("wrote", Json, nullable=False, server_default="{}"),
    Column("revision", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

IDENTITY = ["rule", "integration_id", "kind", "external_id", "destination"]


def get(connection: Connection, pair: Pair) -> Common:
    """What is known of a pair; nothing at first. It stays so until a transaction that writes ends."""
    hold(connection, f"commons:{pair}")
    row = connection.execute(select(commons).where(is_of(commons, pair))).one_or_none()
    if row is None:
        return Common()
    partner, host = (
        Side(getattr(row, side), _read(row.replaced[side]), row.wrote.get(side, {})) for side in ("partner", "host")
    )
    return Common(row.common, partner, host, row.revision)


def put(connection: Connection, pair: Pair, common: Common, at: datetime) -> None:
    """Keep it in the place of what was known."""
    values = {
        "common": common.values,
        "partner": common.partner.values,
        "host": common.host.values,
        "replaced": {"partner": _plain(common.partner), "host": _plain(common.host)},
        "wrote": {"partner": common.partner.wrote, "host": common.host.wrote},
        "revision": common.revision,
        "at": at,
    }
    statement = insert(connection.dialect.name, commons).values({**vars(pair), **values})
    connection.execute(statement.on_conflict_do_update(index_elements=IDENTITY, set_=values))


def forget(connection: Connection, link: Link) -> None:
    """The record is linked to something else now: what it had in common with the old thing says nothing."""
    table = commons.c
    query = delete(commons).where(
        table.integration_id == link.integration_id,
        table.kind == link.kind,
        table.external_id == link.external_id,
        table.destination == link.destination,
    )
    connection.execute(query)


def is_of(table: Table, pair: Pair) -> ColumnElement[bool]:
    """Whether a row of a table is of this pair."""
    names = zip(IDENTITY, astuple(pair), strict=True)
    return and_(*(table.c[name] == value for name, value in names))


def _plain(side: Side) -> dict[str, list[Any]]:
    return {
        name: [[one.value, utc_text(one.until), one.seen, one.by] for one in past]
        for name, past in side.replaced.items()
    }


def _read(plain: dict[str, list[Any]]) -> dict[str, list[Replaced]]:
    return {
        name: [Replaced(value, datetime.fromisoformat(until), *rest) for value, until, *rest in past]
        for name, past in plain.items()
    }
