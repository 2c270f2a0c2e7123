"""HubSpot's first two versions; the vectors are those of the partner's documents and SDKs, but for what says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.components.block import adapter
from runner.components.catalog import VERIFIERS
from runner.components.verifiers.base import Verifier
from runner.errors import BadSignature
from runner.model.event import Delivery
from runner.model.secret import Secret

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
KEY = Secret("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy")
URL = "https://www.example.com/webhook_uri"
A = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW",'
    b'"appId":54321}]'
)
B = b"{'example_field':'example_value'}"
V1 = {"type": "digest", "header": "X-HubSpot-Signature", "secret": "app.client_secret"}
V2 = V1 | {"signs": "{{ method }}{{ url }}{{ raw_body }}"}
PUBLISHED = [
    (V1, "POST", A, "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"),
    (V2, "GET", b"", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
    (
        V2,
        "POST",
        b'{"example_field":"example_value"}',
        "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
    ),
    (V1, "POST", B, "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750"),
    (V2, "POST", B, "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"),
]


def read(**block: Any) -> Verifier:
    made: Verifier = adapter(VERIFIERS).validate_python(block)
    return made


def delivery(method: str, body: bytes, signature: str) -> Delivery:
    return Delivery("hubspot", method, URL, {"x-hubspot-signature": signature}, body, NOW)


@pytest.mark.parametrize(("block", "method", "body", "signature"), PUBLISHED)
def test_a_published_vector_is_proved(block: dict[str, Any], method: str, body: bytes, signature: str) -> None:
    read(**block).verify(delivery(method, body, signature), [KEY], NOW, {})


@pytest.mark.parametrize(("block", "method", "body", "signature"), PUBLISHED)
def test_an_altered_one_is_not(block: dict[str, Any], method: str, body: bytes, signature: str) -> None:
    sent = delivery(method, body, signature)
    for altered in (replace(sent, body=body + b" "), delivery(method, body, "0" * 64)):
        with pytest.raises(BadSignature):
            read(**block).verify(altered, [KEY], NOW, {})
    with pytest.raises(BadSignature):
        read(**block).verify(sent, [Secret("another")], NOW, {})


def test_the_vector_computed_by_others_for_the_first_version() -> None:
    sent = delivery("POST", b'{"a":1}', "e6f2c5f92d5edc676c2cfb2847e5da7f2609f9c0c77d7badc4941b217853e1ec")
    read(**V1).verify(sent, [Secret("s3cr3t")], NOW, {})


def test_no_secret_means_no_events() -> None:
    with pytest.raises(BadSignature, match="no secret"):
        read(**V1).verify(delivery("POST", A, PUBLISHED[0][3]), [], NOW, {})


@given(text=st.text(), body=st.binary())
def test_no_header_is_more_than_a_refusal(text: str, body: bytes) -> None:
    with pytest.raises(BadSignature):
        read(**V2).verify(delivery("POST", body, text), [KEY], NOW, {})
