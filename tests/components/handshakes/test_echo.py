from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from runner.components.block import adapter
from runner.components.catalog import HANDSHAKES
from runner.components.handshakes.base import LONGEST_BODY, Handshake, Reply
from runner.model.event import Delivery
from runner.model.secret import Secret

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
PLAIN = {"content-type": "text/plain", "x-content-type-options": "nosniff"}


def read(**block: Any) -> Handshake:
    made: Handshake = adapter(HANDSHAKES).validate_python({"type": "echo", **block})
    return made


def delivery(query: str = "", method: str = "GET", body: bytes = b"", **headers: str) -> Delivery:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery("acme", method, f"https://runner.example/webhooks/acme?{query}", sent, body, NOW)


def answered(handshake: Handshake, sent: Delivery, *secrets: Secret) -> Reply | None:
    return handshake.answer(sent, secrets, {})


def test_dropbox_gets_its_challenge_back_as_plain_text() -> None:
    reply = answered(read(param="challenge"), delivery("challenge=abc-123_%3D"))
    assert reply == Reply(b"abc-123_=", PLAIN)


def test_microsoft_graph_sends_it_by_post_and_encoded() -> None:
    text = "Validation: Testing client application reachability for subscription Request-Id: 7f2d"
    reply = answered(read(param="validationToken", asks="POST"), delivery(f"validationToken={quote(text)}", "POST"))
    assert reply == Reply(text.encode(), PLAIN)


def test_slack_sends_it_in_the_body_and_takes_json() -> None:
    handshake = read(
        asks="POST", value="type == 'url_verification' && challenge", json={"challenge": "{{ challenge }}"}
    )
    reply = answered(handshake, delivery("", "POST", b'{"type":"url_verification","challenge":"3eZb"}'))
    assert reply is not None
    assert orjson.loads(reply.body) == {"challenge": "3eZb"}
    assert answered(handshake, delivery("", "POST", b'{"type":"event_callback","challenge":"3eZb"}')) is None


def test_smartsheet_sends_it_in_a_header_and_wants_it_in_one() -> None:
    handshake = read(
        asks="POST", header="Smartsheet-Hook-Challenge", headers={"Smartsheet-Hook-Response": "{{ challenge }}"}
    )
    reply = answered(handshake, delivery("", "POST", b"{}", smartsheet_hook_challenge="d78d"))
    assert reply == Reply(b"", {"Smartsheet-Hook-Response": "d78d", **PLAIN})


META = {"param": "hub.challenge", "token": {"param": "hub.verify_token", "secret": "app.verify_token"}}


def test_meta_sends_a_token_of_ours_along() -> None:
    sent = delivery("hub.mode=subscribe&hub.verify_token=ours&hub.challenge=115")
    assert answered(read(**META), sent, Secret("ours")) == Reply(b"115", PLAIN)
    assert read(**META).secret_name == "app.verify_token"


@pytest.mark.parametrize(
    "query", ["hub.challenge=115", "hub.verify_token=&hub.challenge=1", "hub.verify_token=x&hub.challenge=1"]
)
@pytest.mark.parametrize("secrets", [(), (Secret(""),), (Secret("ours"),)])
def test_without_the_token_nothing_is_answered(query: str, secrets: tuple[Secret, ...]) -> None:
    assert answered(read(**META), delivery(query), *secrets) is None


@pytest.mark.parametrize(
    "query",
    [
        "",
        "challenge=",
        "other=1",
        "challenge=a&challenge=b",
        "challenge=a%0d%0ab",
        "challenge=%00",
        "challenge=" + "a" * 1001,
        "a=1&" * 60 + "challenge=a",
    ],
)
def test_what_is_no_challenge_is_not_answered(query: str) -> None:
    assert answered(read(param="challenge"), delivery(query)) is None


def test_another_method_is_no_trial() -> None:
    assert answered(read(param="challenge"), delivery("challenge=a", "POST")) is None


def test_a_page_in_the_challenge_stays_text() -> None:
    reply = answered(read(param="challenge"), delivery(urlencode({"challenge": "<script>alert(1)</script>"})))
    assert reply is not None
    assert reply.headers == PLAIN


def test_a_header_cannot_be_broken_in_two() -> None:
    handshake = read(param="challenge", headers={"X-Echo": "{{ challenge }}"})
    assert answered(handshake, delivery("challenge=a%0d%0aSet-Cookie:b")) is None
    assert answered(handshake, delivery("challenge=%C3%A9")) is None


def test_a_large_body_is_no_trial() -> None:
    body = orjson.dumps({"challenge": "a", "rest": "x" * LONGEST_BODY})
    assert answered(read(asks="POST", value="challenge"), delivery("", "POST", body)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"param": "a", "header": "b"},
        {"value": "a"},
        {"param": "a", "value": "b", "asks": "POST"},
        {"param": "a", "asks": "PUT"},
    ],
)
def test_the_text_has_one_place(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**wrong)


@given(query=st.text(), body=st.binary(), header=st.text())
def test_no_request_is_more_than_no_trial(query: str, body: bytes, header: str) -> None:
    for block in ({"param": "a"}, {"header": "x"}, {"value": "a.b || c", "asks": "POST"}):
        reply = answered(read(**block), delivery(query, block.get("asks", "GET"), body, x=header))
        assert reply is None or reply.status == 200
