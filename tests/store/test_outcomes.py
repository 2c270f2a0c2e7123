from __future__ import annotations

from sqlalchemy import Connection

from runner.store import outcomes
from runner.store.outcomes import Outcome


def test_counts_grow_and_nothing_is_not_counted(connection: Connection) -> None:
    outcomes.add(connection, "jobber", "event", {"done": 3, "failed": 0})
    outcomes.add(connection, "jobber", "event", {"done": 2, "failed": 1})
    outcomes.add(connection, "jobber", "sync", {"done": 1})
    assert outcomes.find(connection) == [
        Outcome("jobber", "event", "done", 5),
        Outcome("jobber", "event", "failed", 1),
        Outcome("jobber", "sync", "done", 1),
    ]
