"""Table endpoint_calls: how often each endpoint was called, with what outcome, how fast and how much came; the figures
only grow, and every process adds its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Column, Connection, Float, String, Table, Text, UpdateBase, select

from runner.store.columns import Number, metadata
from runner.store.statements import Compiled, insert

endpoint_calls = Table(
    "endpoint_calls",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("endpoint", Text, primary_key=True),
    Column("status", String(8), primary_key=True),
    Column("within", String(8), primary_key=True),
    Column("calls", Number, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("bytes", Number, nullable=False),
)

BOUNDS = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Seconds within which a call is counted."""
BEYOND = "+Inf"
Key = tuple[str, str, str, str]

_IDENTITY = ("connector", "endpoint", "status", "within")
_GROWING = ("calls", "seconds", "bytes")
_adding = Compiled([*_IDENTITY, *_GROWING])


@dataclass(frozen=True)
class Figure:
    """Calls of an endpoint with one status (`none`: no answer came), answered within so many seconds and not within
    the bound below: how many, their seconds together, the bytes of their bodies."""

    connector: str
    endpoint: str
    status: str
    within: str
    calls: int = 0
    seconds: float = 0.0
    bytes: int = 0


def within(seconds: float) -> str:
    """The bound that a call stays within."""
    return next((str(bound) for bound in BOUNDS if seconds <= bound), BEYOND)


def add(connection: Connection, found: Iterable[Figure]) -> None:
    """Count calls that were made."""
    rows = sorted(tuple(vars(one).values()) for one in found)  # in one order for all, so that nobody waits in a circle
    for row in rows:
        _adding.run(connection, _statement(connection.dialect.name), [row])


def find(connection: Connection) -> list[Figure]:
    """All of them, by connector, endpoint, status and bound."""
    table = endpoint_calls.c
    query = select(endpoint_calls).order_by(table.connector, table.endpoint, table.status, table.within)
    return [Figure(**row._mapping) for row in connection.execute(query)]


@cache
def _statement(dialect: str) -> UpdateBase:
    statement = insert(dialect, endpoint_calls)
    grown = {name: endpoint_calls.c[name] + statement.excluded[name] for name in _GROWING}
    return statement.on_conflict_do_update(index_elements=_IDENTITY, set_=grown)
