from __future__ import annotations

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

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
BODY = b'{"event":"job.updated"}'
KEY = Secret("a signing secret")
PLAIN = {"type": "hmac", "header": "X-Signature", "secret": "app.webhook_key"}
TIMED = PLAIN | {"signs": "{{ timestamp }}.{{ raw_body }}", "timestamp": {"header": "X-Time"}}

# jobber.md section 5 and companycam.md section 5, computed independently of this code
JOBBER = (
    {"type": "hmac", "header": "X-Jobber-Hmac-SHA256", "encoding": "base64", "secret": "app.client_secret"},
    "my app's OAuth client secret",
    (
        b'{"data":{"webHookEvent":{"topic":"APP_CONNECT","appId":"id","accountId":"id","itemId":"id",'
        b'"occurredAt":"ISO8601DateTime"}}}'
    ),
    {"x-jobber-hmac-sha256": "+PXo5mRPCuHqX3CePBACS8afHQPY9rXzPlp9AG/a8BI="},
)
COMPANYCAM = (
    {
        "type": "hmac",
        "header": "X-CompanyCam-Signature",
        "digest": "sha1",
        "encoding": "base64",
        "secret": "settings.token",
    },
    "example-webhook-token",
    b'{"event_type":"project.created","created_at":1761331741,"webhook_id":145041,"payload":{"id":"94772883"}}',
    {"x-companycam-signature": "eW1kY1gWt3lq7IpTn/myBl1NHd0="},
)


def read(**block: Any) -> Verifier:
    made: Verifier = adapter(VERIFIERS).validate_python(block)
    return made


def delivery(headers: dict[str, str], body: bytes = BODY) -> Delivery:
    return Delivery("acme", "POST", "https://runner.example/webhooks/acme", headers, body, NOW)


def signed(verifier: Verifier, body: bytes = BODY, key: Secret = KEY, **headers: str) -> Delivery:
    unsigned = delivery({name.lower().replace("_", "-"): value for name, value in headers.items()}, body)
    made = {name.lower(): value for name, value in verifier.sign(unsigned, key, {}).items()}
    return replace(unsigned, headers={**unsigned.headers, **made})


@pytest.mark.parametrize(("block", "secret", "body", "headers"), [JOBBER, COMPANYCAM])
def test_a_published_vector_is_proved(block: Any, secret: str, body: bytes, headers: dict[str, str]) -> None:
    read(**block).verify(delivery(headers, body), [Secret(secret)], NOW, {})


@pytest.mark.parametrize(("block", "secret", "body", "headers"), [JOBBER, COMPANYCAM])
def test_an_altered_body_is_not(block: Any, secret: str, body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        read(**block).verify(delivery(headers, body + b" "), [Secret(secret)], NOW, {})


@given(
    body=st.binary(), digest=st.sampled_from(["sha1", "sha256", "sha512"]), encoding=st.sampled_from(["hex", "base64"])
)
def test_what_was_signed_is_proved_whatever_the_bytes(body: bytes, digest: str, encoding: str) -> None:
    for signs in ("{{ raw_body }}", "{{ method }}|{{ url }}|{{ raw_body }}|"):
        verifier = read(**PLAIN, digest=digest, encoding=encoding, signs=signs)
        verifier.verify(signed(verifier, body), [KEY], NOW, {})


@given(text=st.text(), block=st.sampled_from([PLAIN, TIMED, PLAIN | {"separator": ","}, PLAIN | {"prefix": "sha256="}]))
def test_no_header_is_more_than_a_bad_signature(text: str, block: dict[str, Any]) -> None:
    with pytest.raises(DeliveryError):
        read(**block).verify(delivery({"x-signature": text, "x-time": text}), [KEY], NOW, {})


def test_no_secret_means_no_events() -> None:
    verifier = read(**PLAIN)
    for secrets in ([], [Secret("")]):
        with pytest.raises(BadSignature, match=r"no secret .*app\.webhook_key"):
            verifier.verify(signed(verifier, key=Secret("x")), secrets, NOW, {})


def test_a_missing_header_is_a_bad_signature() -> None:
    with pytest.raises(BadSignature, match="no signature in the header X-Signature"):
        read(**PLAIN).verify(delivery({}), [KEY], NOW, {})


def test_either_of_two_secrets_will_do_while_they_rotate() -> None:
    verifier = read(**PLAIN)
    verifier.verify(signed(verifier), [Secret("the new one"), KEY], NOW, {})


def test_hex_may_come_in_capitals() -> None:
    verifier = read(**PLAIN)
    sent = signed(verifier)
    verifier.verify(replace(sent, headers={"x-signature": sent.headers["x-signature"].upper()}), [KEY], NOW, {})


def test_base64_in_other_case_is_wrong() -> None:
    verifier = read(**PLAIN, encoding="base64")
    sent = signed(verifier)
    with pytest.raises(BadSignature):
        verifier.verify(replace(sent, headers={"x-signature": sent.headers["x-signature"].swapcase()}), [KEY], NOW, {})


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_list_of_encodings_takes_either(encoding: str) -> None:
    sent = signed(read(**PLAIN, encoding=encoding))
    read(**PLAIN, encoding=["hex", "base64"]).verify(sent, [KEY], NOW, {})


def test_the_prefix_must_be_there() -> None:
    verifier = read(**PLAIN, prefix="sha256=")
    sent = signed(verifier)
    verifier.verify(sent, [KEY], NOW, {})
    with pytest.raises(BadSignature):
        verifier.verify(replace(sent, headers={"x-signature": sent.headers["x-signature"][7:]}), [KEY], NOW, {})


def test_one_right_signature_among_several_will_do() -> None:
    verifier = read(**PLAIN, separator=",")
    sent = signed(verifier)
    verifier.verify(replace(sent, headers={"x-signature": f"abc, {sent.headers['x-signature']}"}), [KEY], NOW, {})


def test_only_the_first_signatures_are_looked_at() -> None:
    verifier = read(**PLAIN, separator=",")
    sent = signed(verifier)
    many = ",".join(["abc"] * 30 + [sent.headers["x-signature"]])
    with pytest.raises(BadSignature):
        verifier.verify(replace(sent, headers={"x-signature": many}), [KEY], NOW, {})


def test_headers_can_be_signed_under_any_spelling() -> None:
    verifier = read(**PLAIN, signs="{{ header['X-Request-Id'] }}:{{ raw_body }}")
    sent = signed(verifier, x_request_id="r1")
    verifier.verify(sent, [KEY], NOW, {})
    with pytest.raises(BadSignature):
        verifier.verify(replace(sent, headers={**sent.headers, "x-request-id": "r2"}), [KEY], NOW, {})


def test_a_signed_header_that_is_missing_is_a_bad_signature() -> None:
    verifier = read(**PLAIN, signs="{{ header['X-Request-Id'] }}:{{ raw_body }}")
    with pytest.raises(BadSignature, match="lacks what is signed"):
        verifier.verify(delivery({"x-signature": "abc"}), [KEY], NOW, {})


def test_the_id_can_be_signed() -> None:
    verifier = read(**PLAIN, id="X-Id", signs="{{ id }}.{{ raw_body }}")
    sent = signed(verifier, x_id="d1")
    verifier.verify(sent, [KEY], NOW, {})
    with pytest.raises(BadSignature):
        verifier.verify(replace(sent, headers={**sent.headers, "x-id": "d2"}), [KEY], NOW, {})


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1000)])
@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_a_fresh_timestamp_is_proved(unit: str, factor: int, seconds: int) -> None:
    verifier = read(**TIMED | {"timestamp": {"header": "X-Time", "unit": unit}})
    at = int((NOW + timedelta(seconds=seconds)).timestamp()) * factor
    verifier.verify(signed(verifier, x_time=str(at)), [KEY], NOW, {})


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_or_early_timestamp_is_stale(seconds: int) -> None:
    verifier = read(**TIMED)
    at = int((NOW + timedelta(seconds=seconds)).timestamp())
    with pytest.raises(StaleDelivery):
        verifier.verify(signed(verifier, x_time=str(at)), [KEY], NOW, {})


@pytest.mark.parametrize("text", ["soon", "²", "1" * 17, "-5", "1.5"])
def test_a_timestamp_that_is_none_is_a_bad_signature(text: str) -> None:
    verifier = read(**TIMED)
    with pytest.raises(BadSignature):
        verifier.verify(signed(verifier, x_time=text), [KEY], NOW, {})


def test_a_wrong_signature_is_bad_before_it_is_stale() -> None:
    with pytest.raises(BadSignature):
        read(**TIMED).verify(delivery({"x-signature": "abc", "x-time": "5"}), [KEY], NOW, {})


OPEN = PLAIN | {"header": "{{ app.header }}", "digest": "{{ app.digest }}", "encoding": "{{ app.encoding }}"}


def test_the_operator_can_set_what_the_partner_leaves_open() -> None:
    app = {"header": "X-Signature", "digest": "sha512", "encoding": "base64"}
    sent = signed(read(**PLAIN, digest="sha512", encoding="base64"))
    read(**OPEN).verify(sent, [KEY], NOW, app)


@pytest.mark.parametrize("wrong", [{"digest": "md5"}, {"encoding": "rot13"}, {"encoding": ""}, {"digest": None}])
def test_a_setting_that_is_not_known_proves_nothing(wrong: dict[str, Any]) -> None:
    app = {"header": "X-Signature", "digest": "sha256", "encoding": "hex"} | wrong
    with pytest.raises(BadSignature):
        read(**OPEN).verify(delivery({"x-signature": "abc"}), [KEY], NOW, app)


def test_a_setting_that_is_missing_proves_nothing() -> None:
    with pytest.raises(BadSignature, match="not set up"):
        read(**OPEN).verify(delivery({"x-signature": "abc"}), [KEY], NOW, {})


@pytest.mark.parametrize(
    "wrong", [{"digest": "md5"}, {"encoding": "rot13"}, {"encoding": ["hex", "x"]}, {"secret": "key"}]
)
def test_what_is_not_known_is_refused_when_loaded(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**PLAIN | wrong)


def test_the_reference_of_the_secret_is_told() -> None:
    assert read(**PLAIN).secret_name == "app.webhook_key"
