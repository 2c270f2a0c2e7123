"""Statements that we sign: in place of a grant, and in place of a client secret."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import import_key

from runner.components.auth.assertion import CLIENT_ASSERTION, JWT_BEARER
from runner.components.auth.base import Scope
from runner.errors import AuthenticationError
from runner.model.credential import Credential
from runner.model.secret import Secret
from tests.components.auth.flows import CLIENT, NOW, SCOPE, answer, asked, read

SHARED = "a-shared-secret-of-at-least-32-bytes"
KINDS = {"RS256": "RSA", "ES256": "EC", "HS256": "oct"}


@cache
def key(algorithm: str) -> str:
    if algorithm == "HS256":
        return SHARED
    made = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def scope(text: str) -> Scope:
    return {**SCOPE, "app": {"client_id": "cid", "private_key": Secret(text)}}


def block(algorithm: str = "RS256", **more: Any) -> dict[str, Any]:
    claims = {"iss": "{{ app.client_id }}", "aud": "https://p.example/token", "none": "{{ settings.none }}"}
    assertion = {"key": "{{ app.private_key }}", "algorithm": algorithm, "claims": claims, "headers": {"kid": "k1"}}
    return {"type": "jwt_assertion", "token_url": "https://p.example/token", "assertion": assertion | more}


def opened(text: str, algorithm: str) -> jwt.Token:
    return jwt.decode(text, import_key(key(algorithm), KINDS[algorithm]), algorithms=[algorithm])  # type: ignore[arg-type]  # one of the words


@pytest.mark.parametrize("algorithm", KINDS)
def test_an_assertion_is_signed_and_states_what_is_written(algorithm: str) -> None:
    form = asked(read(**block(algorithm)).obtain(scope(key(algorithm)), NOW))[1]
    assert set(form) == {"grant_type", "assertion"}
    assert form["grant_type"] == [JWT_BEARER]
    token = opened(form["assertion"][0], algorithm)
    assert token.header == {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    jti = token.claims.pop("jti")
    now = int(NOW.timestamp())
    assert len(jti) == 32
    assert token.claims == {"iss": "cid", "aud": "https://p.example/token", "iat": now, "exp": now + 300}


def test_a_key_may_have_backslash_n_in_place_of_line_ends() -> None:
    form = asked(read(**block()).obtain(scope(key("RS256").replace("\n", "\\n")), NOW))[1]
    assert opened(form["assertion"][0], "RS256").claims["iss"] == "cid"


def test_claims_that_are_written_go_before_our_own() -> None:
    form = asked(read(**block(claims={"exp": 5, "jti": "x"}, lifetime="1h")).obtain(scope(key("RS256")), NOW))[1]
    claims = opened(form["assertion"][0], "RS256").claims
    assert (claims["exp"], claims["jti"], claims["iat"]) == (5, "x", int(NOW.timestamp()))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
@pytest.mark.parametrize("text", ["secret-nonsense", "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----"])
def test_a_key_that_is_none_is_never_repeated(algorithm: str, text: str) -> None:
    with pytest.raises(AuthenticationError, match=r"app\.private_key.*no key for") as caught:
        next(read(**block(algorithm)).obtain(scope(text), NOW))
    assert "secret" not in str(caught.value)


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(AuthenticationError, match="no key for RS256"):
        next(read(**block("RS256")).obtain(scope(key("ES256")), NOW))


def test_the_answer_becomes_a_credential_and_a_refresh_signs_anew() -> None:
    auth = read(**block())
    flow = auth.refresh(scope(key("RS256")), Credential(values={"a": Secret("b")}), NOW)
    credential = answer(flow, {"access_token": "t"}).credential
    assert (credential.access_token, credential.values) == (Secret("t"), {"a": Secret("b")})


def test_a_client_can_sign_in_place_of_a_secret() -> None:
    auth = read(**CLIENT, client_auth="assertion", assertion=block()["assertion"])
    request, form = asked(auth.obtain(scope(key("RS256")), NOW))
    assert request.auth is None
    assert (form["client_id"], form["client_assertion_type"]) == (["cid"], [CLIENT_ASSERTION])
    assert opened(form["client_assertion"][0], "RS256").claims["iss"] == "cid"
    assert "client_secret" not in form
