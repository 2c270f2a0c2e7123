"""Table circuits: destinations that could not be reached of late, and when their own rate lets the next push go."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Integer, String, Table, Text, select

from runner.model.circuit import Circuit
from runner.store.columns import UtcDateTime, metadata
from runner.store.statements import insert

circuits = Table(
    "circuits",
    metadata,
    Column("destination", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("opened_at", UtcDateTime),
    Column("trial_at", UtcDateTime),
    Column("note", Text),
    Column("free_at", UtcDateTime),
)


def get(connection: Connection, destination: str) -> Circuit:
    """The circuit of a destination: a closed one where nothing is known."""
    row = connection.execute(select(circuits).where(circuits.c.destination == destination)).one_or_none()
    return Circuit(**row._mapping) if row else Circuit(destination)


def put(connection: Connection, circuit: Circuit) -> None:
    """Keep it in the place of what was known."""
    values = vars(circuit)
    changed = {name: value for name, value in values.items() if name != "destination"}
    statement = insert(connection.dialect.name, circuits).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["destination"], set_=changed))


def find(connection: Connection) -> list[Circuit]:
    """All that something is known of, by destination."""
    return [Circuit(**row._mapping) for row in connection.execute(select(circuits).order_by(circuits.c.destination))]
