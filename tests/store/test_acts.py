"""Acts: one for each key, moved on by one process only."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from runner.model.act import Act, ActState
from runner.store import acts
from tests.store.conftest import NOW, later

ACT = Act("i1", "k1", "add_note", {"text": "x"}, "f1", NOW)
DONE = replace(ACT, state=ActState.DONE, result={"id": "7"}, made_id="7")


def test_a_key_is_taken_once(connection: Connection) -> None:
    assert acts.begin(connection, ACT) is None
    assert acts.begin(connection, replace(ACT, fingerprint="f2")) == ACT
    assert acts.begin(connection, replace(ACT, integration_id="i2")) is None


def test_only_one_moves_it_on(connection: Connection) -> None:
    acts.begin(connection, ACT)
    assert acts.move(connection, ACT, DONE)
    assert not acts.move(connection, ACT, replace(ACT, at=later(1)))
    assert acts.get(connection, "i1", "k1") == DONE


def test_a_key_is_free_when_it_was_not_done(connection: Connection) -> None:
    acts.begin(connection, ACT)
    acts.forget(connection, ACT)
    assert acts.get(connection, "i1", "k1") is None


def test_what_an_act_made_is_known(connection: Connection) -> None:
    acts.begin(connection, DONE)
    assert acts.is_made(connection, "i1", "add_note", "7")
    assert not acts.is_made(connection, "i1", "add_note", "8")
    assert not acts.is_made(connection, "i2", "add_note", "7")


def test_the_latest_come_first_by_state(connection: Connection) -> None:
    newer = replace(ACT, key="k2", at=later(5), state=ActState.UNKNOWN, note="no answer")
    acts.begin(connection, ACT)
    acts.begin(connection, newer)
    assert acts.find(connection, "i1") == [newer, ACT]
    assert acts.find(connection, state=ActState.UNKNOWN) == [newer]
    assert acts.find(connection, "i1", limit=1) == [newer]


def test_old_ones_are_removed_in_batches(connection: Connection) -> None:
    for number in range(3):
        acts.begin(connection, replace(ACT, key=f"k{number}", at=later(number)))
    assert acts.prune(connection, later(2), 1) == 1
    assert acts.prune(connection, later(2), 9) == 1
    assert [one.key for one in acts.find(connection)] == ["k2"]
