from __future__ import annotations

from sqlalchemy import Connection

from runner.model.circuit import Circuit
from runner.store import circuits, rollouts
from tests.store.conftest import NOW, later


def test_a_circuit_is_closed_until_something_is_known(connection: Connection) -> None:
    assert circuits.get(connection, "host") == Circuit("host")
    known = Circuit("host", 5, NOW, later(60), "503", later(1))
    circuits.put(connection, known)
    assert circuits.get(connection, "host") == known
    circuits.put(connection, known.worked())
    assert circuits.find(connection) == [Circuit("host", free_at=later(1))]


def test_a_rule_brings_what_was_there_once(connection: Connection) -> None:
    for _ in range(2):
        rollouts.begin(connection, "projects", "archive", NOW)
    assert rollouts.begun(connection) == {("projects", "archive")}
    rollouts.forget(connection, "projects", "archive")
    assert rollouts.begun(connection) == set()
