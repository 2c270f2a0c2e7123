"""What comes to the callback address beside a code: a signature, or word that the app was removed."""

from __future__ import annotations

import base64

import pytest

from runner.components.auth.callback import SignedCallback, Uninstall
from runner.errors import AuthenticationError
from runner.model.secret import Secret

# The example of shopify.dev/docs/apps/build/authentication-authorization (as quoted at hex.pm/packages/shopify_oauth).
KEY = {"app": {"client_secret": Secret("hush")}}
SIGNED = {
    "code": "0907a61c0c8d55e99db179b68161bc00",
    "hmac": "700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf",
    "shop": "some-shop.myshopify.com",
    "state": "0.6784241404160823",
    "timestamp": "1337178173",
}
SHOPIFY = SignedCallback(param="hmac")


def test_the_partners_own_example_is_taken() -> None:
    SHOPIFY.check(KEY, dict(reversed(SIGNED.items())))


@pytest.mark.parametrize(
    "change",
    [
        {"shop": "other.myshopify.com"},
        {"hmac": "0" * 64},
        {"hmac": ""},
        {"hmac": SIGNED["hmac"].upper()},
        {"extra": "1"},
        {"code": "é"},
        {"hmac": "é"},
    ],
)
def test_an_altered_callback_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(AuthenticationError, match="not signed") as caught:
        SHOPIFY.check(KEY, SIGNED | change)
    assert caught.value.code == "callback-forged"


def test_a_callback_without_a_signature_is_refused() -> None:
    with pytest.raises(AuthenticationError):
        SHOPIFY.check(KEY, {name: value for name, value in SIGNED.items() if name != "hmac"})


def test_without_a_key_nothing_is_proved() -> None:
    with pytest.raises(AuthenticationError, match="the key of the callback's signature is empty"):
        SHOPIFY.check({"app": {"client_secret": None}}, SIGNED)


@pytest.mark.parametrize(
    ("header", "admitted"),
    [
        ("Basic " + base64.b64encode(b"cid:s3cret").decode(), True),
        ("basic " + base64.b64encode(b"cid:s3cret").decode(), True),
        ("Bearer " + base64.b64encode(b"cid:s3cret").decode(), False),
        ("Basic " + base64.b64encode(b"cid:other").decode(), False),
        ("Basic é", False),
        ("Basic", False),
        ("", False),
    ],
)
def test_word_of_a_removal_must_bear_our_own_id_and_secret(header: str, admitted: bool) -> None:
    assert Uninstall.admits(header, ("cid", "s3cret")) is admitted
