from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.components.verifiers.basic import BasicWebhook
from runner.errors import BadSignature
from runner.mapping.template import Template
from runner.model.event import Delivery
from runner.model.secret import Secret

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
PASSWORD = Secret("hook-pass")
VERIFIER = BasicWebhook(type="basic", username=Template.compile("hook-user"), secret="app.webhook_password")


def delivery(header: str | None) -> Delivery:
    headers = {} if header is None else {"authorization": header}
    return Delivery("pipedrive", "POST", "https://runner.example/webhooks/pipedrive", headers, b"{}", NOW)


def prove(header: str | None, *secrets: Secret) -> None:
    VERIFIER.verify(delivery(header), secrets or [PASSWORD], NOW, {})


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_partner_s_example(scheme: str) -> None:
    prove(f"{scheme} aG9vay11c2VyOmhvb2stcGFzcw==")


def test_either_of_two_passwords_will_do_while_they_rotate() -> None:
    prove("Basic aG9vay11c2VyOmhvb2stcGFzcw==", Secret("newer"), PASSWORD)


def test_what_is_signed_is_proved() -> None:
    made = VERIFIER.sign(delivery(None), PASSWORD, {})
    assert made == {"Authorization": "Basic aG9vay11c2VyOmhvb2stcGFzcw=="}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Bearer aG9vay11c2VyOmhvb2stcGFzcw==",
        "aG9vay11c2VyOmhvb2stcGFzcw==",
        f"Basic {base64.b64encode(b'hook-user:other').decode()}",
        f"Basic {base64.b64encode(b'other:hook-pass').decode()}",
        f"Basic {base64.b64encode(b'hook-pass').decode()}",
        f"Basic {base64.b64encode(bytes([255, 254])).decode()}",
    ],
)
def test_anything_else_is_refused(header: str | None) -> None:
    with pytest.raises(BadSignature):
        prove(header)


def test_no_secret_means_no_events() -> None:
    with pytest.raises(BadSignature, match="no secret"):
        prove("Basic aG9vay11c2VyOg==", Secret(""))


def test_the_header_is_the_secret_itself_and_the_body_is_not_signed() -> None:
    assert VERIFIER.secret_headers == {"authorization"}
    assert not VERIFIER.covers_body


def test_the_operator_can_choose_the_name() -> None:
    verifier = VERIFIER.model_copy(update={"username": Template.compile("{{ app.webhook_user }}")})
    verifier.verify(delivery("Basic aG9vay11c2VyOmhvb2stcGFzcw=="), [PASSWORD], NOW, {"webhook_user": "hook-user"})
    with pytest.raises(BadSignature, match="not set up"):
        verifier.verify(delivery("Basic aG9vay11c2VyOmhvb2stcGFzcw=="), [PASSWORD], NOW, {})


@given(st.text())
def test_no_header_is_more_than_a_refusal(text: str) -> None:
    for header in (text, f"Basic {text}"):
        with pytest.raises(BadSignature):
            prove(header)
