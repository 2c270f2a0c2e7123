from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from pydantic import ValidationError

from runner.components.auth.base import Auth, Flow, Granted
from runner.components.block import adapter
from runner.components.catalog import AUTH
from runner.errors import AuthenticationError, PartnerUnavailable, RateLimited, UnexpectedResponse
from runner.model.credential import Credential
from runner.model.http import Request, Response
from runner.model.secret import Secret

NOW = datetime(2026, 5, 4, 15, 20, 10, tzinfo=UTC)
SCOPE = {
    "app": {"client_id": "cid", "client_secret": Secret("s3cret&+")},
    "settings": {"key": Secret("k3y"), "none": None},
    "access_token": Secret("tok"),
}
CODE = {
    "type": "oauth2_authorization_code",
    "authorize_url": "https://p.example/authorize",
    "token_url": "https://p.example/token",
}
CLIENT = {"type": "oauth2_client_credentials", "token_url": "https://p.example/token"}
OLD = Credential(values={"key": Secret("kept")}, refresh_token=Secret("old-refresh"))


def read(**block: Any) -> Auth:
    made: Auth = adapter(AUTH).validate_python(block)
    return made


def sign(**block: Any) -> Request:
    return read(**block).sign(Request("GET", "https://p.example/jobs", headers={"authorization": "old"}), SCOPE)


def asked(flow: Flow) -> tuple[Request, dict[str, list[str]]]:
    request = next(flow)
    return request, parse_qs((request.content or b"").decode())


def answer(flow: Flow, body: Any, status: int = 200) -> Granted:
    next(flow)
    try:
        flow.send(Response(status, {}, body if isinstance(body, bytes) else orjson.dumps(body)))
    except StopIteration as end:
        granted: Granted = end.value
        return granted
    raise AssertionError("the flow goes on")


def exchange(**more: Any) -> Flow:
    return read(**CODE | more).exchange(
        SCOPE, code="c0de", redirect_uri="https://r.example/cb", verifier="v" * 43, now=NOW
    )


def jwt(**claims: Any) -> str:
    middle = base64.urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip("=")
    return f"e30.{middle}.sig"


def test_bearer_signs_in_place_of_an_older_header() -> None:
    assert sign(type="bearer", token="{{ settings.key }}").headers == {"Authorization": "Bearer k3y"}


def test_an_api_key_goes_into_its_header() -> None:
    assert sign(type="api_key", name="X-Key", value="{{ settings.key }}").headers["X-Key"] == "k3y"


def test_an_api_key_goes_into_the_query() -> None:
    block = {"type": "api_key", "name": "key", "in": "query", "value": "{{ settings.key }}"}
    assert sign(**block).params == {"key": "k3y"}


def test_basic_gives_name_and_password() -> None:
    signed = sign(type="basic", username="{{ app.client_id }}", password="{{ settings.key }}")
    assert signed.auth == ("cid", "k3y")


def test_basic_without_a_password() -> None:
    assert sign(type="basic", username="{{ settings.key }}").auth == ("k3y", "")


def test_an_empty_key_is_never_sent() -> None:
    with pytest.raises(AuthenticationError, match=r"the token is empty .*settings\.none"):
        sign(type="bearer", token="{{ settings.none }}")


def test_the_access_token_goes_where_the_connector_says() -> None:
    assert sign(**CLIENT).headers == {"Authorization": "Bearer tok"}
    elsewhere = sign(**CLIENT, send={"header": "X-Token", "value": "{{ access_token }}"})
    assert elsewhere.headers["X-Token"] == "tok"
    assert sign(**CLIENT, send={"query": "t", "value": "{{ access_token }}"}).params == {"t": "tok"}


def test_a_token_goes_in_one_place() -> None:
    with pytest.raises(ValidationError):
        read(**CLIENT, send={"header": "a", "query": "b"})


def test_the_consent_page_gets_what_the_grant_needs() -> None:
    auth = read(
        **CODE, scopes=["read", "write"], authorize_params={"access_type": "offline", "hint": "{{ settings.none }}"}
    )
    url = urlsplit(auth.authorize_url(SCOPE, state="st", redirect_uri="https://r.example/cb", verifier="v" * 43))
    query = parse_qs(url.query)
    assert query.pop("code_challenge")[0] not in ("", "v" * 43)
    assert query == {
        "response_type": ["code"],
        "client_id": ["cid"],
        "redirect_uri": ["https://r.example/cb"],
        "scope": ["read write"],
        "state": ["st"],
        "access_type": ["offline"],
        "code_challenge_method": ["S256"],
    }


def test_the_pkce_challenge_is_that_of_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
    url = read(**CODE).authorize_url(SCOPE, state="st", redirect_uri="https://r.example/cb", verifier=verifier)
    assert "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" in url


def test_without_pkce_nothing_of_it_is_sent() -> None:
    url = read(**CODE, pkce=False).authorize_url(SCOPE, state="st", redirect_uri="https://r.example/cb", verifier="v")
    assert "code_challenge" not in url
    assert "code_verifier" not in asked(exchange(pkce=False))[1]


def test_scopes_are_separated_as_the_partner_wants() -> None:
    auth = read(**CODE, scopes=["a", "b"], scope_separator=",")
    assert "scope=a%2Cb" in auth.authorize_url(SCOPE, state="s", redirect_uri="https://r.example", verifier="v" * 43)


def test_the_code_is_exchanged_with_the_secret_in_the_body() -> None:
    request, form = asked(exchange())
    assert (request.method, request.url, request.auth) == ("POST", "https://p.example/token", None)
    assert form == {
        "grant_type": ["authorization_code"],
        "code": ["c0de"],
        "redirect_uri": ["https://r.example/cb"],
        "client_id": ["cid"],
        "client_secret": ["s3cret&+"],
        "code_verifier": ["v" * 43],
    }


def test_the_secret_can_go_into_http_basic() -> None:
    request, form = asked(exchange(client_auth="basic"))
    assert request.auth == ("cid", "s3cret&+")
    assert not {"client_id", "client_secret"} & set(form)


def test_a_public_client_sends_no_secret() -> None:
    request, form = asked(exchange(client_auth="none"))
    assert (request.auth, form["client_id"], "client_secret" in form) == (None, ["cid"], False)


def test_further_token_parameters_are_sent() -> None:
    assert asked(exchange(token_params={"audience": "{{ app.client_id }}"}))[1]["audience"] == ["cid"]


def test_an_answer_becomes_a_credential() -> None:
    body = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "x_refresh_token_expires_in": "86400"}
    assert answer(exchange(), body).credential == Credential(
        access_token=Secret("a"),
        refresh_token=Secret("r"),
        expires_at=NOW + timedelta(hours=1),
        refresh_expires_at=NOW + timedelta(days=1),
        issued_at=NOW,
    )


@pytest.mark.parametrize(
    ("token", "body", "expires"),
    [
        ({"lifetime": "30m"}, {"access_token": "a"}, NOW + timedelta(minutes=30)),
        ({"lifetime": "30m"}, {"access_token": "a", "expires_in": True}, NOW + timedelta(minutes=30)),
        ({"lifetime": "30m"}, {"access_token": "a", "expires_in": "90"}, NOW + timedelta(seconds=90)),
        ({"lifetime": "jwt"}, {"access_token": jwt(exp=1777911610)}, NOW + timedelta(hours=1)),
        ({"lifetime": "jwt"}, {"access_token": jwt(exp=1e30)}, None),
        ({"lifetime": "jwt"}, {"access_token": jwt(exp="soon")}, None),
        ({"lifetime": "jwt"}, {"access_token": "no.jwt"}, None),
        ({"lifetime": "jwt"}, {"access_token": "é.é.é"}, None),
    ],
)
def test_the_end_of_a_token(token: dict[str, str], body: dict[str, Any], expires: datetime | None) -> None:
    assert answer(exchange(token=token), body).credential.expires_at == expires


def test_the_refresh_lifetime_counts_from_now() -> None:
    granted = answer(exchange(token={"refresh_lifetime": "100d"}), {"access_token": "a", "refresh_token": "r"})
    assert granted.credential.refresh_expires_at == NOW + timedelta(days=100)


def test_a_refresh_sends_the_refresh_token() -> None:
    assert asked(read(**CODE).refresh(SCOPE, OLD, NOW))[1]["refresh_token"] == ["old-refresh"]


@pytest.mark.parametrize("body", [{"access_token": "a"}, {"access_token": "a", "refresh_token": ""}])
def test_a_refresh_without_a_new_refresh_token_keeps_the_old(body: dict[str, Any]) -> None:
    credential = answer(read(**CODE).refresh(SCOPE, OLD, NOW), body).credential
    assert (credential.refresh_token, credential.values) == (OLD.refresh_token, OLD.values)


def test_a_rotated_refresh_token_takes_the_place_of_the_old() -> None:
    granted = answer(read(**CODE).refresh(SCOPE, OLD, NOW), {"access_token": "a", "refresh_token": "new"})
    assert granted.credential.refresh_token == Secret("new")


def test_without_a_refresh_token_a_person_must_connect_again() -> None:
    with pytest.raises(AuthenticationError, match="connect again"):
        next(read(**CODE).refresh(SCOPE, Credential(), NOW))


@pytest.mark.parametrize("start", [lambda auth: auth.obtain(SCOPE, NOW), lambda auth: auth.refresh(SCOPE, OLD, NOW)])
def test_client_credentials_ask_anew(start: Callable[[Auth], Flow]) -> None:
    form = asked(start(read(**CLIENT, scopes=["a", "b"])))[1]
    assert (form["grant_type"], form["scope"]) == (["client_credentials"], ["a b"])


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        (400, {"error": "invalid_grant"}, AuthenticationError, "invalid_grant .*connect again"),
        (401, {"error": "invalid_client"}, AuthenticationError, "invalid_client .*client id and secret"),
        (403, {"error": "invalid_scope"}, AuthenticationError, "invalid_scope .*scopes"),
        (200, {"error": "invalid_grant"}, AuthenticationError, "invalid_grant"),
        (401, b"<html>", AuthenticationError, "refuses: 401"),
        (429, {}, RateLimited, "429"),
        (503, b"<html>", PartnerUnavailable, "503"),
        (200, b"<html>", UnexpectedResponse, "no JSON"),
        (200, {"token": "a"}, UnexpectedResponse, "without an access_token"),
        (200, {"access_token": 5}, UnexpectedResponse, "without an access_token"),
        (200, [], UnexpectedResponse, "without an access_token"),
        (302, b"", UnexpectedResponse, "302"),
        (404, {}, UnexpectedResponse, "check token_url"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, body: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        answer(exchange(), body, status)


def test_no_refusal_repeats_what_the_partner_sent() -> None:
    with pytest.raises(AuthenticationError) as caught:
        answer(exchange(), {"error": "token eyJ.leak", "access_token": "eyJ.leak"}, 400)
    assert "leak" not in str(caught.value)


def test_what_the_token_answer_tells_is_captured() -> None:
    granted = answer(
        exchange(capture={"token": {"domain": "api_domain", "gone": "nothing"}}),
        {"access_token": "a", "api_domain": "https://acme.example"},
    )
    assert granted.captured == {"domain": "https://acme.example"}


def test_what_the_callback_tells_is_captured() -> None:
    auth = read(**CODE, capture={"callback": {"realm_id": "realmId", "gone": "nothing"}})
    assert auth.captured_of_callback({"realmId": "123", "code": "c"}) == {"realm_id": "123"}


@pytest.mark.parametrize(("minutes", "due"), [(0, False), (54, False), (56, True), (70, True)])
def test_a_token_is_due_before_its_end(minutes: int, due: bool) -> None:
    credential = Credential(access_token=Secret("a"), issued_at=NOW, expires_at=NOW + timedelta(hours=1))
    assert read(**CODE).is_due(credential, NOW + timedelta(minutes=minutes)) is due


def test_a_short_token_is_not_due_in_the_first_half_of_its_life() -> None:
    credential = Credential(access_token=Secret("a"), issued_at=NOW, expires_at=NOW + timedelta(minutes=4))
    assert not read(**CODE).is_due(credential, NOW + timedelta(minutes=1))


def test_a_missing_token_is_due() -> None:
    assert read(**CLIENT).is_due(Credential(), NOW)


def test_a_static_key_is_never_due_and_cannot_be_renewed() -> None:
    auth = read(type="bearer", token="{{ settings.key }}")
    assert not auth.is_due(Credential(), NOW)
    with pytest.raises(AuthenticationError, match="refuses the key"):
        auth.refresh(SCOPE, Credential(), NOW)


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
