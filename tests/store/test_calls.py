"""Counters of calls to partners."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.store import calls
from runner.store.calls import Calls


def test_calls_add_up_by_integration_and_in_all(connection: Connection) -> None:
    calls.add(connection, "i1", 3, 1)
    calls.add(connection, "i1", 2, 0)
    calls.add(connection, "i2", 10, 4)
    assert calls.total(connection, "i1") == Calls(5, 1)
    assert calls.total(connection) == Calls(15, 5)
    assert calls.total(connection, "i3") == Calls()
