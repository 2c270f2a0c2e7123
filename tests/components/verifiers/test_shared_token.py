from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.components.verifiers.shared_token import SharedToken
from runner.errors import BadSignature
from runner.model.event import Delivery
from runner.model.secret import Secret

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
TOKEN = Secret("conn-42.random-secret")


def verifier(**more: Any) -> SharedToken:
    return SharedToken(type="shared_token", header="X-Goog-Channel-Token", secret="subscription.secret", **more)


def delivery(token: str | None) -> Delivery:
    headers = {} if token is None else {"x-goog-channel-token": token}
    return Delivery("googlecalendar", "POST", "https://runner.example/webhooks/googlecalendar", headers, b"", NOW)


def test_the_partner_s_example() -> None:
    verifier().verify(delivery("conn-42.random-secret"), [TOKEN], NOW, {})


def test_either_of_two_secrets_will_do_while_channels_overlap() -> None:
    verifier().verify(delivery("conn-42.random-secret"), [Secret("of the newer channel"), TOKEN], NOW, {})


def test_nothing_else_is_looked_at() -> None:
    verifier().verify(delivery("conn-42.random-secret"), [TOKEN], NOW + timedelta(days=300), {})
    assert not verifier().covers_body
    assert not verifier().notices_age


@pytest.mark.parametrize("token", [None, "", "conn-42.random-secre", "conn-42.random-secret ", "CONN-42.RANDOM-SECRET"])
def test_another_token_is_refused(token: str | None) -> None:
    with pytest.raises(BadSignature):
        verifier().verify(delivery(token), [TOKEN], NOW, {})


@pytest.mark.parametrize("secrets", [[], [Secret("")]])
def test_no_secret_means_no_events(secrets: list[Secret]) -> None:
    with pytest.raises(BadSignature, match="no secret"):
        verifier().verify(delivery(""), secrets, NOW, {})


def test_a_prefix_stands_before_it() -> None:
    verifier(prefix="Bearer ").verify(delivery("Bearer conn-42.random-secret"), [TOKEN], NOW, {})
    with pytest.raises(BadSignature):
        verifier(prefix="Bearer ").verify(delivery("conn-42.random-secret"), [TOKEN], NOW, {})


def test_the_header_is_the_secret_itself() -> None:
    assert verifier().secret_headers == {"x-goog-channel-token"}


def test_the_message_does_not_tell_the_secret() -> None:
    with pytest.raises(BadSignature, match="5 characters") as caught:
        verifier().verify(delivery("guess"), [TOKEN], NOW, {})
    assert TOKEN.reveal() not in str(caught.value)
    assert "guess" not in str(caught.value)


@given(st.text())
def test_no_header_is_more_than_a_refusal(text: str) -> None:
    with pytest.raises(BadSignature):
        verifier().verify(delivery(text), [TOKEN], NOW, {})
