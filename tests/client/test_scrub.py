"""Secrets go, what hangs together by them stays together."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.client.scrub import MARK, Scrub
from runner.errors import SettingsError
from runner.model.secret import Secret

KEY = "k/s3cret key"


@pytest.fixture
def scrub() -> Scrub:
    return Scrub({"calendar_key": Secret(KEY)})


@pytest.mark.parametrize(
    "form", [KEY, "k%2Fs3cret%20key", base64.b64encode(KEY.encode()).decode()], ids=["plain", "in an address", "base64"]
)
def test_a_declared_secret_has_the_placeholder_of_its_name(scrub: Scrub, form: str) -> None:
    assert scrub.text(f"https://a.example/{form}/events") == f"https://a.example/{MARK}calendar-key/events"


@pytest.mark.parametrize(
    "body",
    [{"access_token": "abcdefgh"}, {"deep": [{"client_secret": "abcdefgh"}]}, {"password": "abcdefgh"},
     {"words": "Bearer abcdefgh"}, {"url": "https://a.example/p.jpg?sig=abcdefgh&w=3"}, {"X-Api-Key": "abcdefgh"}],
)  # fmt: skip
def test_what_is_a_secret_by_its_name_goes(scrub: Scrub, body: object) -> None:
    assert "abcdefgh" not in str(scrub.value(body))


def test_a_signed_statement_goes(scrub: Scrub) -> None:
    assert "eyJ" not in scrub.text("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl back")


def test_what_is_learnt_once_goes_everywhere(scrub: Scrub) -> None:
    told = scrub.value({"refresh_token": "rt-12345678"})
    assert scrub.text("again rt-12345678") == f"again {told['refresh_token']}"


def test_two_secrets_have_two_placeholders(scrub: Scrub) -> None:
    told = scrub.value([{"next_page_token": "page-2-token"}, {"next_page_token": "page-3-token"}])
    assert told[0] != told[1]


def test_placeholders_stay(scrub: Scrub) -> None:
    once = scrub.value({"token": "abcdefgh", "key": KEY})
    assert Scrub({}).value(once) == once


def test_what_is_personal_and_plain_stays(scrub: Scrub) -> None:
    body = {"name": "Ada", "email": "ada@example.com", "total": 1.5, "ok": True, "none": None, "state": "CA"}
    assert scrub.value(body) == body


def test_headers_that_only_carry_secrets_are_left_out(scrub: Scrub) -> None:
    kept = scrub.headers(
        {"set-cookie": "sid=1", "content-type": "application/json", "link": "<https://a.example/?p=2>"}
    )
    assert kept == {"content-type": "application/json", "link": "<https://a.example/?p=2>"}


def test_a_secret_too_short_to_tell_is_refused() -> None:
    with pytest.raises(SettingsError, match="pin is shorter"):
        Scrub({"pin": Secret("123")})


@given(
    st.text(min_size=6, max_size=30).filter(lambda text: MARK not in text), st.text(max_size=20), st.text(max_size=20)
)
def test_no_declared_secret_comes_through(secret: str, before: str, after: str) -> None:
    if secret not in f"{before}{MARK}key{after}" and secret not in MARK + "key":
        told = Scrub({"key": Secret(secret)}).value({"a": [f"{before}{secret}{after}"]})
        assert secret not in told["a"][0].replace(f"{MARK}key", "\0")


def test_a_key_in_the_query_goes_and_one_in_a_body_stays(scrub: Scrub) -> None:
    assert "abcdefgh" not in str(scrub.params({"key": "abcdefgh", "code": ["abcdefgh"]}))
    assert Scrub({}).value({"key": "abcdefgh"}) == {"key": "abcdefgh"}
