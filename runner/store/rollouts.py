"""Table rollouts: which rules have brought what was there already to a destination that is no integration."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, Text, delete, select

from runner.store.columns import UtcDateTime, metadata
from runner.store.statements import insert

rollouts = Table(
    "rollouts",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("destination", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)


def begun(connection: Connection) -> set[tuple[str, str]]:
    """(rule, destination) of all that were."""
    return {
        (rule, destination) for rule, destination in connection.execute(select(rollouts.c.rule, rollouts.c.destination))
    }


def begin(connection: Connection, rule: str, destination: str, at: datetime) -> None:
    """Note that it is done now; what is noted already stays."""
    row = {"rule": rule, "destination": destination, "at": at}
    connection.execute(insert(connection.dialect.name, rollouts).values(row).on_conflict_do_nothing())


def forget(connection: Connection, rule: str, destination: str) -> None:
    """The rule is gone: should it come back, all begins anew."""
    connection.execute(delete(rollouts).where(rollouts.c.rule == rule, rollouts.c.destination == destination))
