"""What goes along when everything moves to another database, and what does not and why.

The other database is then as this one would be, had all its processes been killed at that moment: leases run out, what
was begun is looked after, as after a crash.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from runner.store.schedules import schedules
from runner.store.tables import metadata

CARRIED = (
    "integrations",
    "credentials",
    "subscriptions",
    "oauth_states",
    "connect_sessions",
    "deliveries",
    "events",
    "rejections",
    "rejected",
    "records",
    "sequences",
    "quarantine",
    "links",
    "unmatched",
    "commons",
    "decisions",
    "checkpoints",
    "account_tables",
    "sync_runs",
    "acts",
    "pushes",
    "push_includes",
    "push_doubts",
    "circuits",
    "rollouts",
    "partner_calls",
    "endpoint_calls",
    "outcomes",
    "limits",
    "pauses",
    "uploads",
    "upload_pieces",
    "schedules",
    "changes",
)
"""The tables whose rows go along as they are."""

LEFT = {
    "wakeups": "its wake-ups go along as such: each queue keeps them in its own way",
    "processes": "which processes run on this database; on the other one, others do",
}
"""The tables whose rows do not, and why."""

REFILLED = ("schedules",)
"""Tables that a process fills as soon as it looks at an empty database: what is there makes room."""

CLOSED_KEY = "closed"
"""The row of schedules that says since when this database is closed."""


def tables() -> list[Table]:
    """The tables that are carried, in their order."""
    return [metadata.tables[name] for name in CARRIED]


def rows_of(table: Table) -> Select[Any]:
    """All rows that are carried: but for the note that this database is closed, all that there are."""
    return select(table).where(schedules.c.key != CLOSED_KEY) if table is schedules else select(table)


def counts(connection: Connection) -> dict[str, int]:
    """How many rows of each table are carried."""
    found = {}
    for table in tables():
        query = select(func.count()).select_from(rows_of(table).subquery())
        found[str(table.name)] = connection.scalars(query).one()
    return found


def first_filled(connection: Connection) -> str | None:
    """The first table that holds something which an import would add to; None when there is none."""
    for table in tables():
        if table.name not in REFILLED and connection.execute(select(table).limit(1)).first() is not None:
            return table.name
    return None
