from __future__ import annotations

from sqlalchemy import Connection

from runner.store import leases
from tests.store.conftest import NOW, later


def test_a_lease_is_held_by_one(connection: Connection) -> None:
    assert leases.claim(connection, "refresh:i1", later(60), NOW)
    assert not leases.claim(connection, "refresh:i1", later(70), later(10))
    assert leases.claim(connection, "refresh:i2", later(60), NOW)


def test_a_lease_that_was_let_go_is_free(connection: Connection) -> None:
    leases.claim(connection, "refresh:i1", later(60), NOW)
    leases.release(connection, "refresh:i1")
    assert leases.claim(connection, "refresh:i1", later(60), NOW)


def test_a_lease_of_a_dead_process_ends(connection: Connection) -> None:
    leases.claim(connection, "refresh:i1", later(60), NOW)
    assert leases.claim(connection, "refresh:i1", later(120), later(60))


def test_whoever_takes_over_can_tell_that_another_died(connection: Connection) -> None:
    assert not leases.is_left_behind(connection, "refresh:i1", NOW)
    leases.claim(connection, "refresh:i1", later(60), NOW)
    assert not leases.is_left_behind(connection, "refresh:i1", later(59))
    assert leases.is_left_behind(connection, "refresh:i1", later(60))
    leases.release(connection, "refresh:i1")
    assert not leases.is_left_behind(connection, "refresh:i1", later(60))
