"""Every move of an integration is kept with it, in order, until the host was told and longer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, text

from runner.errors import NotFound, TransitionRefused
from runner.model.integration import Integration, Reason, State
from runner.store import changes, integrations
from runner.store.changes import Telling
from runner.store.store import Store
from tests.partners import KEYS
from tests.store.conftest import NOW, later

NEW = Integration("i1", "acme", "jobber", "production", created_at=NOW, updated_at=NOW)
REFUSED = Reason("credential-refused", "Jobber refuses the token", "Connect again")


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store.open(database_url, KEYS)
    yield opened
    await opened.close()


def woken(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT count(*) FROM wakeups WHERE key = 'notify:i1'")) or 0)


def moves(connection: Connection) -> list[tuple[str, State | None, State | None]]:
    return [(one.change.event, one.change.before, one.change.state) for one in changes.find(connection, "i1")]


def test_a_life_is_kept_in_order_and_each_move_wakes_whoever_tells_it(connection: Connection, store: Store) -> None:
    store.begin(connection, NEW)
    assert woken(connection) == 1
    assert store.move(connection, "i1", State.ACTIVE, None, later(1))
    assert store.move(connection, "i1", State.ERROR, REFUSED, later(2))
    assert store.move(connection, "i1", State.ACTIVE, None, later(3))
    assert moves(connection) == [
        ("begun", None, State.PENDING),
        ("connected", State.PENDING, State.ACTIVE),
        ("refused", State.ACTIVE, State.ERROR),
        ("mended", State.ERROR, State.ACTIVE),
    ]
    assert changes.find(connection, "i1")[2].change.reason == REFUSED


def test_the_same_again_is_no_move_and_since_stays(connection: Connection, store: Store) -> None:
    store.begin(connection, NEW)
    store.move(connection, "i1", State.ACTIVE, None, later(1))
    assert not store.move(connection, "i1", State.ACTIVE, None, later(2))
    assert integrations.get(connection, "i1").since == later(1)
    assert len(moves(connection)) == 2


def test_another_reason_in_the_same_state_is_a_move_of_its_own(connection: Connection, store: Store) -> None:
    store.begin(connection, NEW)
    store.move(connection, "i1", State.PENDING, Reason("consent-refused", "no"), later(1))
    found = integrations.get(connection, "i1")
    assert (found.since, found.reason) == (NOW, Reason("consent-refused", "no"))
    assert moves(connection)[-1] == ("not-connected", State.PENDING, State.PENDING)


def test_a_move_that_the_table_does_not_have_changes_nothing(connection: Connection, store: Store) -> None:
    store.begin(connection, NEW)
    with pytest.raises(TransitionRefused):
        store.move(connection, "i1", State.ERROR, None, later(1))
    with pytest.raises(NotFound):
        store.move(connection, "i9", State.ACTIVE, None, later(1))
    assert (integrations.get(connection, "i1").state, len(moves(connection))) == (State.PENDING, 1)


def test_of_one_that_is_removed_the_removal_stays(connection: Connection, store: Store) -> None:
    store.begin(connection, NEW)
    store.move(connection, "i1", State.ACTIVE, None, later(1))
    store.remove(connection, "i1", later(2))
    assert moves(connection) == [("removed", State.ACTIVE, None)]
    assert woken(connection) == 1
    assert changes.waiting(connection, later(2)) == ["i1"]


def test_what_is_settled_or_put_off_does_not_wait(connection: Connection, store: Store) -> None:
    store.begin(connection, NEW)
    store.move(connection, "i1", State.ACTIVE, None, later(1))
    first, second = (one.change.id for one in changes.find(connection, "i1"))
    changes.settle(connection, first, Telling.TOLD)
    changes.postpone(connection, second, later(60), "answers 500")
    assert changes.waiting(connection, later(59)) == []
    assert changes.waiting(connection, later(60)) == ["i1"]
    told, put_off = changes.find(connection, "i1")
    assert (told.telling, put_off.attempts, put_off.note) == (Telling.TOLD, 1, "answers 500")
    assert changes.counts(connection)[Telling.PENDING] == 1


def test_the_dead_are_told_anew_and_any_that_are_named(connection: Connection, store: Store) -> None:
    store.begin(connection, NEW)
    only = changes.find(connection, "i1")[0].change.id
    changes.settle(connection, only, Telling.DEAD, "gone")
    assert changes.again(connection) == ["i1"]
    assert changes.again(connection) == []
    changes.settle(connection, only, Telling.TOLD)
    assert changes.again(connection, [only, 999]) == ["i1"]


def test_changes_are_read_on_from_the_last_one_seen(connection: Connection, store: Store) -> None:
    store.begin(connection, NEW)
    store.begin(connection, Integration("i2", "other", "jobber", "production", created_at=NOW))
    first, second = changes.find(connection)
    assert [one.change.integration_id for one in changes.find(connection, after=first.change.id)] == ["i2"]
    assert changes.find(connection, company="other") == [second]
    assert changes.find(connection, limit=1) == [first]
