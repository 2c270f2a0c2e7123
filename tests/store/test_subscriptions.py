from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from runner.errors import CredentialUnreadable
from runner.model.secret import Secret
from runner.store import subscriptions
from runner.store.keys import KeyRing
from runner.store.subscriptions import Subscribed, SubscriptionState
from tests.store.conftest import NOW, later

KEYS = KeyRing.parse("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
ONE = Subscribed("key-1", "i1", "acme", SubscriptionState.LIVE, NOW, external_id="77", due_at=later(60))


def add(connection: Connection, made: Subscribed, **values: object) -> None:
    subscriptions.add(connection, KEYS, made, {"secret": f"secret of {made.key}", **values})


def test_what_is_secret_is_sealed(connection: Connection) -> None:
    add(connection, ONE, hmac_secret="another")

    (sealed,) = connection.scalars(select(subscriptions.subscriptions.c.sealed))

    assert b"secret of" not in sealed
    assert subscriptions.of(connection, "i1") == [ONE]
    assert subscriptions.values(connection, KEYS, "key-1") == {"secret": "secret of key-1", "hmac_secret": "another"}


def test_a_row_does_not_open_in_the_place_of_another(connection: Connection) -> None:
    add(connection, ONE)
    add(connection, replace(ONE, key="key-2"))
    table = subscriptions.subscriptions
    sealed = connection.scalar(select(table.c.sealed).where(table.c.key == "key-1"))
    connection.execute(table.update().where(table.c.key == "key-2").values(sealed=sealed))

    with pytest.raises(CredentialUnreadable):
        subscriptions.values(connection, KEYS, "key-2")


def test_old_and_new_secrets_are_good_together_and_refused_ones_are_not(connection: Connection) -> None:
    add(connection, replace(ONE, key="old", state=SubscriptionState.ENDING, made_at=later(-9)))
    add(connection, replace(ONE, key="new"))
    add(connection, replace(ONE, key="lost", state=SubscriptionState.LOST, made_at=later(-5)))
    add(connection, replace(ONE, key="asked", state=SubscriptionState.ASKED, made_at=later(5)))
    add(connection, replace(ONE, key="failed", state=SubscriptionState.FAILED))
    add(connection, replace(ONE, key="others", integration_id="i2"))

    found = subscriptions.secrets(connection, KEYS, "acme", "i1", "secret")

    assert found == [Secret(f"secret of {key}") for key in ("asked", "new", "lost", "old")]
    assert subscriptions.secrets(connection, KEYS, "acme", "i1", "hmac_secret") == []
    assert subscriptions.secrets(connection, KEYS, "other", "i1", "secret") == []


def test_it_is_known_by_both_names(connection: Connection) -> None:
    add(connection, ONE)

    owners = [subscriptions.owner(connection, "acme", name) for name in ("77", "key-1", "78")]

    assert owners == ["i1", "i1", None]
    assert subscriptions.owner(connection, "other", "77") is None


def test_those_to_look_at_are_found_by_their_time(connection: Connection) -> None:
    add(connection, ONE)
    add(connection, replace(ONE, key="key-2", integration_id="i2", due_at=None))

    assert subscriptions.due(connection, later(59)) == []
    assert subscriptions.due(connection, later(60)) == ["i1"]
    assert subscriptions.having(connection) == {"i1", "i2"}


def test_what_a_lost_key_had_sealed_is_forgotten(connection: Connection) -> None:
    add(connection, ONE)
    subscriptions.forget_sealed(connection, "k9")
    assert subscriptions.of(connection, "i1") == [ONE]
    subscriptions.forget_sealed(connection, "k1")
    assert subscriptions.of(connection, "i1") == []


def test_what_is_forgotten_is_gone(connection: Connection) -> None:
    add(connection, ONE)
    add(connection, replace(ONE, key="key-2"))
    subscriptions.remove(connection, ["key-1"])
    assert [one.key for one in subscriptions.of(connection, "i1")] == ["key-2"]
    subscriptions.forget(connection, "i1")
    assert subscriptions.of(connection, "i1") == []
    assert subscriptions.values(connection, KEYS, "key-2") == {}


def test_changes_and_new_values_are_kept(connection: Connection) -> None:
    add(connection, ONE)
    subscriptions.change(connection, "key-1", state=SubscriptionState.FAILED.value, note="refused", attempts=2)
    subscriptions.keep(connection, KEYS, "key-1", {"secret": "next"})
    (found,) = subscriptions.of(connection, "i1")
    assert found == replace(ONE, state=SubscriptionState.FAILED, note="refused", attempts=2)
    assert subscriptions.values(connection, KEYS, "key-1") == {"secret": "next"}
