"""Credentials at rest: sealed, bound to their integration, rotated, and guarded against a lost update."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from runner.errors import CredentialUnreadable, NotFound, SettingsError, Superseded
from runner.model.credential import Credential
from runner.model.secret import Secret
from runner.store.keys import KeyRing
from runner.store.vault import Vault
from tests.store.conftest import NOW, later

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()
FULL = Credential(
    values={"api_key": Secret("k3y"), "empty": Secret("")},
    access_token=Secret("acc3ss"),
    refresh_token=Secret("r3fresh"),
    expires_at=later(3600),
    refresh_expires_at=later(7200),
    issued_at=NOW,
)


@pytest.fixture
def vault() -> Vault:
    return Vault(KeyRing.parse(OLD))


def sealed(connection: Connection) -> bytes:
    return bytes(connection.scalar(text("SELECT sealed FROM credentials")) or b"")


def test_what_is_put_is_got(connection: Connection, vault: Vault) -> None:
    vault.put(connection, "i1", FULL, NOW)
    assert vault.get(connection, "i1") == FULL


def test_an_empty_credential_is_one(connection: Connection, vault: Vault) -> None:
    vault.put(connection, "i1", Credential(), NOW)
    assert vault.get(connection, "i1") == Credential()


def test_nothing_of_it_is_readable_at_rest_nor_the_same_twice(connection: Connection, vault: Vault) -> None:
    vault.put(connection, "i1", FULL, NOW)
    first = sealed(connection)
    vault.put(connection, "i1", FULL, NOW)
    assert sealed(connection) != first
    assert not any(secret in first for secret in (b"k3y", b"acc3ss", b"r3fresh"))


def test_a_row_that_is_moved_to_another_integration_does_not_open(connection: Connection, vault: Vault) -> None:
    vault.put(connection, "i1", FULL, NOW)
    connection.execute(text("UPDATE credentials SET integration_id = 'i2'"))
    with pytest.raises(CredentialUnreadable):
        vault.get(connection, "i2")


def test_a_faster_refresh_is_noticed(connection: Connection, vault: Vault) -> None:
    assert vault.put(connection, "i1", FULL, NOW, expect_version=0) == 1
    stored = vault.read(connection, "i1")
    vault.put(connection, "i1", FULL, NOW, expect_version=stored.version)
    with pytest.raises(Superseded):
        vault.put(connection, "i1", Credential(), NOW, expect_version=stored.version)
    assert vault.get(connection, "i1") == FULL


def test_what_is_missing_or_removed_is_not_found(connection: Connection, vault: Vault) -> None:
    with pytest.raises(NotFound, match="connect it first"):
        vault.get(connection, "i1")
    vault.put(connection, "i1", FULL, NOW)
    vault.remove(connection, "i1")
    with pytest.raises(NotFound):
        vault.get(connection, "i1")


def test_those_whose_refresh_token_lies_unused_are_told_the_longest_first(connection: Connection, vault: Vault) -> None:
    for name, days in (("i0", 30), ("i1", 10), ("i2", 400)):
        life = {"issued_at": NOW, "refresh_expires_at": NOW + timedelta(days=days)}
        vault.put(connection, name, Credential(refresh_token=Secret("r"), **life), NOW)
    vault.put(connection, "never", Credential(access_token=Secret("a")), NOW)
    assert vault.fading(connection, NOW + timedelta(days=14)) == ["i1"]
    assert vault.fading(connection, NOW + timedelta(days=90)) == ["i1", "i0", "i2"]
    vault.postpone(connection, "i1", NOW + timedelta(days=60))
    vault.postpone(connection, "i2", None)
    assert vault.fading(connection, NOW + timedelta(days=90)) == ["i0", "i1"]


def test_keys_that_open_every_credential_pass(connection: Connection, vault: Vault) -> None:
    vault.check(connection)
    vault.put(connection, "i1", FULL, NOW)
    both = Vault(KeyRing.parse(f"{NEW},{OLD}"))
    both.put(connection, "i2", FULL, NOW)
    both.check(connection)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (NEW, "sealed with key old, and RUNNER_ENCRYPTION_KEYS holds only new"),
        ("old:" + base64.b64encode(b"x" * 32).decode(), "another key under the id old"),
    ],
)
def test_keys_that_open_not_all_are_told_to_the_operator(
    connection: Connection, vault: Vault, keys: str, said: str
) -> None:
    vault.put(connection, "i1", FULL, NOW)
    wrong = Vault(KeyRing.parse(keys))
    with pytest.raises(SettingsError, match=said):
        wrong.check(connection)


def test_what_a_key_sealed_is_known_by_its_id(connection: Connection, vault: Vault) -> None:
    vault.put(connection, "i1", FULL, NOW)
    assert (vault.sealed_with(connection, "old"), vault.sealed_with(connection, "new")) == (["i1"], [])
