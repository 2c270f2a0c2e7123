from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from runner.components.block import adapter
from runner.components.catalog import HANDSHAKES
from runner.components.handshakes.base import Handshake
from runner.model.event import Delivery
from runner.model.secret import Secret

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
KEY = Secret("s3cr3t")
X = {
    "param": "crc_token",
    "encoding": "base64",
    "json": {"response_token": "sha256={{ signature }}"},
    "secret": "app.consumer_secret",
}
ZOOM = {
    "asks": "POST",
    "value": "event == 'endpoint.url_validation' && payload.plainToken",
    "json": {"plainToken": "{{ challenge }}", "encryptedToken": "{{ signature }}"},
    "secret": "app.token",
}


def read(**block: Any) -> Handshake:
    made: Handshake = adapter(HANDSHAKES).validate_python({"type": "signed_challenge", **block})
    return made


def delivery(query: str = "", method: str = "GET", body: bytes = b"") -> Delivery:
    return Delivery("acme", method, f"https://runner.example/webhooks/acme?{query}", {}, body, NOW)


def test_x_gets_the_hash_of_its_token() -> None:
    reply = read(**X).answer(delivery("crc_token=abc"), [KEY, Secret("before")], {})
    assert reply is not None
    # printf abc | openssl dgst -sha256 -hmac s3cr3t -binary | base64
    assert orjson.loads(reply.body) == {"response_token": "sha256=57gJGcUThbnobDNjxz+FzQFSIuTU65RQgtYdeyHrgkE="}


def test_zoom_gets_its_token_and_the_hash_in_hex() -> None:
    body = orjson.dumps({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}})
    reply = read(**ZOOM).answer(delivery("", "POST", body), [KEY], {})
    assert reply is not None
    assert orjson.loads(reply.body) == {
        "plainToken": "abc",
        "encryptedToken": "e7b80919c51385b9e86c3363c73f85cd015222e4d4eb945082d61d7b21eb8241",
    }


def test_a_token_by_post_must_be_signed_itself() -> None:
    assert read(**ZOOM).needs_proof
    assert not read(**X).needs_proof


@pytest.mark.parametrize(
    "query", ["crc_token=%7B%22a%22%3A1%7D", "crc_token=v0:1:x", "crc_token=a%20b", "crc_token=" + "a" * 257]
)
def test_nobody_can_have_a_body_signed(query: str) -> None:
    assert read(**X).answer(delivery(query), [KEY], {}) is None


@pytest.mark.parametrize("secrets", [[], [Secret("")]])
def test_without_a_secret_nothing_is_signed(secrets: list[Secret]) -> None:
    assert read(**X).answer(delivery("crc_token=abc"), secrets, {}) is None


def test_the_form_of_the_answer_is_needed() -> None:
    with pytest.raises(ValidationError):
        read(**{name: value for name, value in X.items() if name != "json"})
