"""The key ring: what it reads, what it says when it cannot, and that it fails closed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import CredentialUnreadable, SettingsError
from runner.store.keys import KeyRing

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.urlsafe_b64encode(b"\xff" * 32).decode()
SHORT = base64.b64encode(b"short").decode()


@given(plain=st.binary(max_size=200), aad=st.text(max_size=20))
def test_what_is_sealed_opens_with_the_same_binding(plain: bytes, aad: str) -> None:
    ring = KeyRing.parse(f"k1:{KEY}")
    assert ring.open_(ring.seal(plain, aad), aad) == plain


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no encryption key"),
        (KEY, "key 1 has no id"),
        (f"k1:{KEY},:{KEY}", "key 2 has no id"),
        (f"k1:{KEY},k1:{OTHER}", "k1 is given twice"),
        (f"k1:{SHORT}", "5 bytes instead of 32"),
        ("k1:%%%not-base64%%%", "k1 is not base64"),
    ],
)
def test_a_bad_entry_is_named_with_the_remedy_and_never_shown(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        KeyRing.parse(text)
    message = str(caught.value)
    assert "RUNNER_ENCRYPTION_KEYS" in message
    assert "`runner keys new`" in message
    assert not any(secret in message for secret in (KEY, OTHER, SHORT, "%%%"))


def test_both_alphabets_of_base64_are_read_and_the_first_key_seals() -> None:
    ring = KeyRing.parse(f" k2:{OTHER} , k1:{KEY} ")
    assert ring.seal(b"x", "a").startswith(b"k2:")


@pytest.mark.parametrize("position", [0, 3, 5, 20, -1])
def test_one_flipped_bit_is_noticed(position: int) -> None:
    ring = KeyRing.parse(f"k1:{KEY}")
    sealed = bytearray(ring.seal(b"payload", "i1"))
    sealed[position] ^= 1
    with pytest.raises(CredentialUnreadable):
        ring.open_(bytes(sealed), "i1")


@given(sealed=st.binary(max_size=60))
def test_rubbish_does_not_open(sealed: bytes) -> None:
    with pytest.raises(CredentialUnreadable):
        KeyRing.parse(f"k1:{KEY}").open_(sealed, "i1")


def test_what_an_old_key_signed_is_known_after_a_rotation() -> None:
    old = KeyRing.parse(f"k1:{KEY}").derive("states")
    new = KeyRing.parse(f"k2:{OTHER},k1:{KEY}").derive("states")
    assert new[:-1] == old
    assert new[-1] not in old
    assert KeyRing.parse(f"k1:{KEY}").derive("else") != old


def test_keys_do_not_show() -> None:
    assert KEY not in repr(KeyRing.parse(f"k1:{KEY}"))
    assert "kkkk" not in repr(KeyRing.parse(f"k1:{KEY}"))
