"""Table schedules: the last tick of each schedule; whoever moves it forward is the one who acts on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, Table, Text, cast, select, true

from runner.store.columns import UtcDateTime, json_text, metadata, utc_text
from runner.store.given import rows_of
from runner.store.statements import among, insert, listed

schedules = Table(
    "schedules",
    metadata,
    Column("key", Text, primary_key=True),
    Column("last_tick", UtcDateTime, nullable=False),
)


def tick(connection: Connection, key: str, planned_at: datetime) -> bool:
    """Claim the tick planned for then: True for exactly one of all that try, False for the rest and for late ones."""
    statement = insert(connection.dialect.name, schedules).values(key=key, last_tick=planned_at)
    new = statement.excluded.last_tick
    return bool(
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["key"], set_={"last_tick": new}, where=schedules.c.last_tick < new
            )
        ).rowcount
    )


def claim(connection: Connection, planned: Mapping[str, datetime]) -> set[str]:
    """Claim many ticks in one statement, by key: those that `tick` would be True for."""
    dialect = connection.dialect.name
    rows = rows_of(dialect, "planned", ("key", "last_tick"))
    found = select(rows.c.key, cast(rows.c.last_tick, UtcDateTime)).where(true())
    statement = insert(dialect, schedules).from_select(["key", "last_tick"], found)
    new = statement.excluded.last_tick
    claimed = statement.on_conflict_do_update(
        index_elements=["key"], set_={"last_tick": new}, where=schedules.c.last_tick < new
    ).returning(schedules.c.key)
    given = json_text([(key, utc_text(at)) for key, at in sorted(planned.items())])
    return set(connection.scalars(claimed, {"planned": given})) if planned else set()


def known(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Those of the keys that have ticked."""
    dialect = connection.dialect.name
    query = select(schedules.c.key).where(among(dialect, schedules.c.key, "keys"))
    return set(connection.scalars(query, {"keys": listed(dialect, keys)}))


def last(connection: Connection, key: str) -> datetime | None:
    """The last tick that was claimed, if any."""
    return connection.scalar(select(schedules.c.last_tick).where(schedules.c.key == key))
