"""Quarantine: one row a payload, the latest, gone when it maps."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from runner.errors import NotFound
from runner.model.record import Flaw
from runner.store import quarantine
from tests.store.conftest import later

FLAW = Flaw("job", "fields.phone", "is not a phone number", "jobber.yaml:10:5", "e164(phone)", "7")


def put(connection: Connection, external_id: str | None = "7", payload: object = None, at: float = 0) -> None:
    quarantine.put(connection, "i1", "job", external_id, payload or {"id": 7}, [FLAW], later(at))


def test_what_is_put_is_got_with_its_flaws(connection: Connection) -> None:
    put(connection)
    (found,) = quarantine.find(connection, "i1", "job")
    assert (found.payload, found.flaws, found.external_id) == ({"id": 7}, (FLAW,), "7")
    assert quarantine.get(connection, found.id) == found


def test_the_latest_of_an_id_replaces_the_one_before(connection: Connection) -> None:
    put(connection)
    put(connection, payload={"id": 7, "b": 1}, at=5)
    (found,) = quarantine.find(connection)
    assert (found.payload, found.times) == ({"id": 7, "b": 1}, 2)
    assert (found.first_at, found.last_at) == (later(0), later(5))


def test_without_an_id_the_content_tells_them_apart(connection: Connection) -> None:
    put(connection, None, {"a": 1, "b": 2})
    put(connection, None, {"b": 2, "a": 1})
    put(connection, None, {"a": 2})
    assert quarantine.counts(connection, "i1") == {"job": 2}


def test_what_maps_by_now_is_cleared(connection: Connection) -> None:
    put(connection, "7")
    put(connection, "8")
    assert quarantine.clear(connection, "i1", "job", ["7", "9"]) == 1
    assert quarantine.clear(connection, "i2", "job", ["8"]) == 0
    assert [found.external_id for found in quarantine.find(connection)] == ["8"]


def test_one_can_be_removed_once(connection: Connection) -> None:
    put(connection)
    (found,) = quarantine.find(connection)
    quarantine.remove(connection, found.id)
    for call in (quarantine.remove, quarantine.get):
        with pytest.raises(NotFound):
            call(connection, found.id)
