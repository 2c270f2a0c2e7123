"""The numbers that databases give to new rows. None may come back: others go on from the last that they have seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, Table, column, delete, func, insert, inspect, select, table, text

_GIVEN = table("sqlite_sequence", column("name"), column("seq"))


def read(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """By table, the highest number that was ever given, where the database knows it."""
    if connection.dialect.name == "sqlite":
        given = select(_GIVEN) if inspect(connection).has_table(_GIVEN.name) else None
        known = {row.name: row.seq for row in connection.execute(given)} if given is not None else {}
        return {str(one.name): known[one.name] for one in tables if one.name in known}
    found: dict[str, int] = {}
    for one in tables:
        if (name := _sequence(connection, one)) is not None:
            last, is_used = connection.execute(text(f"SELECT last_value, is_called FROM {name}")).one()  # noqa: S608  # the database's own name
            found |= {str(one.name): last} if is_used else {}
    return found


def restore(connection: Connection, tables: Iterable[Table], counters: Mapping[str, int]) -> None:
    """Let each table go on behind what was given and behind what it holds."""
    for one in tables:
        key = one.autoincrement_column
        if key is None:
            continue
        last = max(counters.get(one.name, 0), connection.scalar(select(func.max(key))) or 0)
        if last and connection.dialect.name == "sqlite":
            _restore_sqlite(connection, one, last)
        elif last and (name := _sequence(connection, one)) is not None:
            connection.execute(select(func.setval(name, last)))


def _restore_sqlite(connection: Connection, one: Table, last: int) -> None:
    """Only tables that say so keep count there; of the others the number after the highest is next."""
    if one.dialect_options["sqlite"].get("autoincrement"):
        connection.execute(delete(_GIVEN).where(_GIVEN.c.name == one.name))
        connection.execute(insert(_GIVEN).values(name=one.name, seq=last))


def _sequence(connection: Connection, one: Table) -> str | None:
    key = one.autoincrement_column
    if key is None:
        return None
    found: str | None = connection.scalar(select(func.pg_get_serial_sequence(one.name, key.name)))
    return found
