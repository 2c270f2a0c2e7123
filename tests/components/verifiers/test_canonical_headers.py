from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from runner.components.block import adapter
from runner.components.catalog import VERIFIERS
from runner.components.verifiers.base import Verifier
from runner.errors import BadSignature, DeliveryError, StaleDelivery
from runner.model.event import Delivery
from runner.model.secret import Secret

NOW = datetime(2026, 5, 4, 15, 20, 12, tzinfo=UTC)
KEY = Secret("example-hmac-secret")
BODY = b'{"event":"job-state-changed"}'
BLOCK = {
    "type": "canonical_headers",
    "header": "Authorization",
    "form": "APIAuth(?:-HMAC-SHA256)? [^:]+:(?P<signature>.+)",
    "parts": ["{{ header['Content-Type'] }}", "{{ header['Content-MD5'] }}", "", "{{ header['Date'] }}"],
    "digest": "{{ app.signature_digest }}",
    "body_hash": {"header": "Content-MD5"},
    "date": {"header": "Date", "tolerance": "15m"},
    "secret": "subscription.hmac_secret",
}
APP = {"signature_digest": "sha1"}


def read(**more: Any) -> Verifier:
    made: Verifier = adapter(VERIFIERS).validate_python(BLOCK | more)
    return made


def delivery(body: bytes = BODY, date: str = "Mon, 04 May 2026 15:20:11 GMT", **headers: str) -> Delivery:
    """A request as the gem api_auth 1.x would sign it, written out here once more."""
    body_hash = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    made = hmac.digest(KEY.reveal().encode(), f"application/json,{body_hash},,{date}".encode(), "sha1")
    sent = {
        "content-type": "application/json",
        "content-md5": body_hash,
        "date": date,
        "authorization": f"APIAuth 230293:{base64.b64encode(made).decode()}",
    }
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery("hover", "POST", "https://runner.example/webhooks/hover/i1", sent, body, NOW)


def prove(sent: Delivery, *secrets: Secret, at: datetime = NOW, app: dict[str, Any] | None = None) -> None:
    read().verify(sent, secrets or [KEY], at, app or APP)


def test_a_signed_request_is_proved() -> None:
    prove(delivery())


def test_either_of_two_secrets_will_do_while_they_rotate() -> None:
    prove(delivery(), Secret("newer"), KEY)


def test_a_body_that_is_not_the_hashed_one_is_refused() -> None:
    with pytest.raises(BadSignature, match="Content-MD5 is not the hash of the body"):
        prove(replace(delivery(), body=BODY + b" "))


@pytest.mark.parametrize("name", ["content-type", "content-md5", "date"])
def test_every_header_that_counts_is_covered(name: str) -> None:
    sent = delivery()
    for headers in (
        {**sent.headers, name: sent.headers[name] + "x"},
        {key: text for key, text in sent.headers.items() if key != name},
    ):
        with pytest.raises(BadSignature):
            prove(replace(sent, headers=headers))


@pytest.mark.parametrize("header", ["", "APIAuth 230293:", "APIAuth", "Basic abc", "APIAuth 230293:YWJj"])
def test_a_header_of_another_form_is_refused(header: str) -> None:
    with pytest.raises(BadSignature):
        prove(delivery(authorization=header))


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_fresh_date_is_proved(minutes: int) -> None:
    prove(delivery(), at=NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [-16, 16])
def test_an_old_or_early_date_is_stale(minutes: int) -> None:
    with pytest.raises(StaleDelivery):
        prove(delivery(), at=NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "date", ["", "soon", "Mon, 99 May 2026 15:20:11 GMT", "Mon, 04 May 99999 15:20:11 GMT", "0" * 99]
)
def test_a_date_that_is_none_is_a_bad_signature(date: str) -> None:
    with pytest.raises(DeliveryError):
        prove(delivery(date=date))


@pytest.mark.parametrize("app", [{}, {"signature_digest": "md5"}, {"signature_digest": "sha256"}])
def test_a_digest_that_is_not_the_partner_s_proves_nothing(app: dict[str, Any]) -> None:
    with pytest.raises(BadSignature):
        read().verify(delivery(), [KEY], NOW, app)


def test_no_secret_means_no_events() -> None:
    with pytest.raises(BadSignature, match="no secret"):
        prove(delivery(), Secret(""))


def test_the_address_can_be_signed() -> None:
    verifier = read(
        parts=["{{ path }}", "{{ header['content-md5'] }}", "{{ header['DATE'] }}"], form="(?P<signature>.+)"
    )
    sent = replace(delivery(), headers=verifier.sign(delivery(), KEY, APP))
    sent = replace(sent, headers={name.lower(): value for name, value in sent.headers.items()})
    verifier.verify(sent, [KEY], NOW, APP)
    with pytest.raises(BadSignature):
        verifier.verify(replace(sent, url="https://runner.example/webhooks/hover/i2"), [KEY], NOW, APP)


@pytest.mark.parametrize(
    "wrong",
    [
        {"form": "("},
        {"form": ".+"},
        {"digest": "md5"},
        {"encoding": "rot13"},
        {"parts": []},
        {"parts": ["{{ header['Content-MD5'] }}"]},
        {"parts": ["{{ header['Date'] }}"]},
    ],
)
def test_what_would_prove_nothing_is_refused_when_loaded(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**wrong)


def test_the_message_says_what_was_signed_and_not_the_secret() -> None:
    with pytest.raises(BadSignature, match=r"hmac sha1 in base64 over 72 bytes of 4 parts") as caught:
        prove(delivery(authorization="APIAuth 230293:YWJj"))
    assert KEY.reveal() not in str(caught.value)


@given(text=st.text(), name=st.sampled_from(["authorization", "date", "content-md5", "content-type"]))
def test_no_header_is_more_than_a_refusal(text: str, name: str) -> None:
    sent = delivery()
    for value in (text, f"APIAuth 1:{text}"):
        with pytest.raises(DeliveryError):
            prove(replace(sent, headers={**sent.headers, name: value}))
