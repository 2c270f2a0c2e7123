"""What the OAuth 2.0 grants share."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from runner.errors import AuthenticationError, UnexpectedResponse
from runner.model.credential import Credential
from runner.model.secret import Secret
from tests.components.auth.flows import CLIENT, CODE, NOW, OLD, SCOPE, answer, asked, exchange, read, sign


def test_the_access_token_goes_where_the_connector_says() -> None:
    assert sign(**CLIENT).headers == {"Authorization": "Bearer tok"}
    elsewhere = sign(**CLIENT, send={"header": "X-Token", "value": "{{ access_token }}"})
    assert elsewhere.headers["X-Token"] == "tok"
    assert sign(**CLIENT, send={"query": "t", "value": "{{ access_token }}"}).params == {"t": "tok"}


def test_a_token_goes_in_one_place() -> None:
    with pytest.raises(ValidationError):
        read(**CLIENT, send={"header": "a", "query": "b"})


def test_the_secret_can_go_into_http_basic() -> None:
    request, form = asked(exchange(client_auth="basic"))
    assert request.auth == ("cid", "s3cret&+")
    assert not {"client_id", "client_secret"} & set(form)


def test_a_public_client_sends_no_secret() -> None:
    request, form = asked(exchange(client_auth="none"))
    assert (request.auth, form["client_id"], "client_secret" in form) == (None, ["cid"], False)


def test_further_token_parameters_are_sent() -> None:
    assert asked(exchange(token_params={"audience": "{{ app.client_id }}"}))[1]["audience"] == ["cid"]


def test_what_the_token_answer_tells_is_captured() -> None:
    granted = answer(
        exchange(capture={"token": {"domain": "api_domain", "gone": "nothing"}}),
        {"access_token": "a", "api_domain": "https://acme.example"},
    )
    assert granted.captured == {"domain": "https://acme.example"}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "bearer"},
        {"type": "basic", "username": "a", "extra": 1},
        {"type": "nothing"},
        CODE | {"token": {"lifetime": "soon"}},
    ],
)
def test_a_wrong_block_is_refused(block: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**block)


def test_a_token_request_can_be_json_with_headers_of_its_own() -> None:
    request = next(exchange(token_json=True, token_headers={"X-Version": "2", "X-None": "{{ settings.none }}"}))
    assert request.headers == {"Content-Type": "application/json", "Accept": "application/json", "X-Version": "2"}
    assert orjson.loads(request.content or b"")["grant_type"] == "authorization_code"


def test_a_refresh_can_have_fields_of_its_own() -> None:
    block = CODE | {"refresh_params": {"scope": "a b"}}
    assert asked(read(**block).refresh(SCOPE, OLD, NOW))[1]["scope"] == ["a b"]
    assert "scope" not in asked(exchange(refresh_params={"scope": "a b"}))[1]


@pytest.mark.parametrize("granted", ["a b", "b c a"])
def test_all_scopes_granted_is_fine(granted: str) -> None:
    flow = exchange(scopes=["a", "b"], scopes_granted="split(scope, ' ')")
    assert answer(flow, {"access_token": "t", "scope": granted}).credential.access_token == Secret("t")


def test_an_answer_that_says_nothing_of_scopes_grants_them() -> None:
    flow = exchange(scopes=["a"], scopes_granted="split(scope, ' ')")
    assert answer(flow, {"access_token": "t"}).credential.access_token == Secret("t")


def test_scopes_that_were_not_granted_are_named() -> None:
    flow = exchange(scopes=["a", "b", "c"], scopes_granted="split(scope, ' ')")
    with pytest.raises(AuthenticationError, match=r"lacks a, c .*every box") as caught:
        answer(flow, {"access_token": "t", "scope": "b"})
    assert caught.value.code == "scopes-missing"


def test_scopes_that_cannot_be_read_are_a_mistake_of_the_connector() -> None:
    with pytest.raises(UnexpectedResponse, match="scopes_granted"):
        answer(exchange(scopes=["a"], scopes_granted="ceil(scope)"), {"access_token": "t", "scope": "b"})


def test_a_client_that_signs_needs_something_to_sign() -> None:
    with pytest.raises(ValidationError, match="something to sign"):
        read(**CLIENT, client_auth="assertion")


def test_without_a_word_on_revoking_nothing_is_sent() -> None:
    assert read(**CODE).revocation(SCOPE, Credential(access_token=Secret("a"))) is None
