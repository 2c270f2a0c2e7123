from __future__ import annotations

import pytest

from runner.engine.webhooks.withhold import stranger_without_secrets, without_secrets
from runner.model.event import Delivery
from runner.model.secret import Secret
from tests.store.conftest import NOW

BASE = "https://x/webhooks/jobber"


def came(query: str = "", **headers: str) -> Delivery:
    return Delivery("jobber", "POST", f"{BASE}?{query}" if query else BASE, headers, b"{}", NOW)


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ("a=%2F&b=1", "a=%2F&b=1"),
        ("token=abc&a=1", "token=withheld&a=1"),
        ("a=1&access_token=abc", "a=1&access_token=withheld"),
        ("Api-Key=abc", "Api-Key=withheld"),
        ("client%5Fsecret=abc", "client%5Fsecret=withheld"),
        ("x=s3cr3t-value", "x=withheld"),
        ("x=s3cr3t%2Dvalue", "x=withheld"),
        ("s3cr3t-value", "withheld"),
        ("token=", "token="),
        ("&&=&a", "&&=&a"),
    ],
)
def test_secrets_in_the_address_are_not_kept(query: str, stored: str) -> None:
    assert without_secrets(came(query), [Secret("s3cr3t-value")]).url == f"{BASE}?{stored}"


def test_headers_that_hold_a_secret_are_not_kept() -> None:
    headers = {"authorization": "Basic x", "cookie": "y", "x-token": "z", "x-sent": "Key s3cr3t-value", "x-sig": "ab"}
    kept = without_secrets(came(**headers), [Secret("s3cr3t-value")], {"x-token"})
    assert kept.headers == {"x-sig": "ab"}


def test_a_short_secret_is_not_sought_in_every_text() -> None:
    assert without_secrets(came("a=1"), [Secret("1")]).url == f"{BASE}?a=1"


def test_of_a_stranger_whatever_is_called_like_a_secret_goes() -> None:
    kept = stranger_without_secrets(came("key=1", **{"x-api-key": "a", "x-goog-channel-token": "b", "x-sig": "c"}))
    assert (kept.headers, kept.url) == ({"x-sig": "c"}, f"{BASE}?key=withheld")


def test_what_holds_no_secret_is_the_same_object() -> None:
    delivery = came("a=1", **{"x-sig": "c"})
    assert without_secrets(delivery, [Secret("s3cr3t-value")]) is delivery
