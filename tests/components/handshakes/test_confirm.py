from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.components.block import adapter
from runner.components.catalog import HANDSHAKES
from runner.components.handshakes.base import Handshake, Reply
from runner.model.event import Delivery

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
HOVER: Handshake = adapter(HANDSHAKES).validate_python(
    {"type": "confirm", "when": "event == 'webhook-verification-code'", "action": "confirm", "with": {"code": "code"}}
)


def answered(body: bytes, method: str = "POST") -> Reply | None:
    return HOVER.answer(Delivery("hover", method, "https://runner.example/webhooks/hover/i1", {}, body, NOW), [], {})


def test_hover_s_code_is_the_input_of_an_action() -> None:
    body = b'{"event":"webhook-verification-code","webhook_id":230293,"code":"8f14e45f"}'
    assert answered(body) == Reply(later={"code": "8f14e45f"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"event":"job-state-changed","code":"8f14e45f"}',
        b'{"event":"webhook-verification-code"}',
        b'{"event":"webhook-verification-code","code":null}',
        b'{"event":"webhook-verification-code","code":{"a":1}}',
        orjson.dumps({"event": "webhook-verification-code", "code": "a" * 501}),
        orjson.dumps({"event": "webhook-verification-code", "code": "a", "rest": "x" * 10_000}),
    ],
)
def test_anything_else_is_no_trial(body: bytes) -> None:
    assert answered(body) is None


def test_a_get_is_no_trial() -> None:
    assert answered(b'{"event":"webhook-verification-code","code":"a"}', "GET") is None


@given(st.binary())
def test_no_body_is_more_than_no_trial(body: bytes) -> None:
    assert answered(body) is None
