from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import pytest

from runner.authoring.folders import Folders, Source
from runner.authoring.validation import validate

SIGNATURE = hmac.digest(b"s", b"b", hashlib.sha256).hex()
TIMED = hmac.digest(b"s", b"1777908011.b", hashlib.sha256).hex()
HMAC = f"""verify: {{type: hmac, header: X-S, secret: settings.api_key}}
  vector: {{secret: s, headers: {{X-S: {SIGNATURE}}}, body: b}}"""
HOOKS = """webhooks:
  {verify}
  events: {{split: '@', id: id, type: type, account: account}}
  on: {{'*': {{do: disconnect}}}}

syncs:"""


def found(spec: Callable[..., Source], bench: Folders, *edits: tuple[str, str], base: str = HMAC) -> list[str]:
    for old, new in edits:
        assert old in base
        base = base.replace(old, new, 1)
    findings = validate([spec(("syncs:", HOOKS.format(verify=base)))], bench)
    return [f"{one.place.line}: {one.code}: {one.message}" for one in findings]


def test_right_vector(spec: Callable[..., Source], bench: Folders) -> None:
    assert found(spec, bench) == []


def test_wrong_signature(spec: Callable[..., Source], bench: Folders) -> None:
    (said,) = found(spec, bench, (SIGNATURE, "0" * 64))
    assert said.startswith(
        "49: bad-vector: the example is refused: the signature is wrong: hmac sha256 in hex over 1 bytes"
    )


def test_signature_that_does_not_cover_the_body(spec: Callable[..., Source], bench: Folders) -> None:
    over_method = hmac.digest(b"s", b"POST", hashlib.sha256).hex()
    said = found(spec, bench, (SIGNATURE, over_method), ("header: X-S", "header: X-S, signs: '{{ method }}'"))
    assert said == ["49: bad-vector: an example with an altered body is taken all the same"]


def test_time_that_is_none(spec: Callable[..., Source], bench: Folders) -> None:
    assert found(spec, bench, ("body: b", "body: b, at: soon")) == ["49: bad-vector: `at` is not a time"]


STAMPED = (
    ("header: X-S", "header: X-S, timestamp: {header: X-T}"),
    ("headers: {", "headers: {X-T: '1777908011', "),
    ("body: b", "body: b, at: '2026-05-04T15:20:12Z'"),
)


def test_right_vector_with_a_time(spec: Callable[..., Source], bench: Folders) -> None:
    signed = ("type: hmac", "type: hmac, signs: '{{ timestamp }}.{{ raw_body }}'")
    assert found(spec, bench, *STAMPED, signed, (SIGNATURE, TIMED)) == []


def test_a_time_that_is_not_signed_is_told_of(spec: Callable[..., Source], bench: Folders) -> None:
    said = found(spec, bench, *STAMPED)
    assert "49: bad-vector: an example with an altered header X-T is taken all the same" in said


def test_a_tolerance_that_forgives_a_month_is_told_of(spec: Callable[..., Source], bench: Folders) -> None:
    signed = ("type: hmac", "type: hmac, signs: '{{ timestamp }}.{{ raw_body }}'")
    long = ("{header: X-T}", "{header: X-T, tolerance: 31d}")
    said = found(spec, bench, *STAMPED, signed, (SIGNATURE, TIMED), long)
    assert said == ["49: bad-vector: an example that comes a month late is taken all the same"]


def test_a_header_that_nothing_signs_is_told_of(spec: Callable[..., Source], bench: Folders) -> None:
    said = found(spec, bench, ("header: X-S", "header: X-S, id: X-Id"), ("headers: {", "headers: {X-Id: d-1, "))
    assert said == [
        "49: bad-vector: an example with an altered header X-Id is taken all the same",
        "49: bad-vector: an example without the header X-Id is taken all the same",
    ]


@pytest.mark.parametrize(
    ("verify", "headers"),
    [
        ("{type: shared_token, header: X-T, secret: settings.api_key}", "{X-T: s}"),
        ("{type: basic, username: me, secret: settings.api_key}", "{Authorization: 'Basic bWU6cw=='}"),
        ("{type: none, because: only a hint to fetch the thing again}", "{}"),
    ],
)
def test_what_signs_nothing_is_right_with_another_body(
    verify: str, headers: str, spec: Callable[..., Source], bench: Folders
) -> None:
    base = f"verify: {verify}\n  vector: {{secret: s, headers: {headers}, body: b}}"
    assert found(spec, bench, base=base) == []


STANDARD = """verify: {type: standard_webhooks, secret: settings.api_key}
  vector:
    secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
    headers:
      webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek
      webhook-timestamp: '1614265330'
      webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
    body: '{"test": 2432232314}'
    at: '2021-02-25T15:02:10Z'"""


def test_vector_of_the_standard(spec: Callable[..., Source], bench: Folders) -> None:
    assert found(spec, bench, base=STANDARD) == []


def test_what_signs_nothing_must_know_its_secret(spec: Callable[..., Source], bench: Folders) -> None:
    verify = "verify: {type: shared_token, header: X-T, secret: settings.api_key}"
    base = f"{verify}\n  vector: {{secret: s, headers: {{X-T: t}}, body: b}}"
    (said,) = found(spec, bench, base=base)
    assert said.startswith("49: bad-vector: the example is refused: the token in the header X-T")
