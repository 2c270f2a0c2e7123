"""Out to the consent page, and back with a code."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from runner.components.auth.oauth2_authorization_code import OAuth2AuthorizationCode
from runner.errors import AuthenticationError
from runner.model.credential import Credential
from tests.components.auth.flows import CODE, NOW, OLD, SCOPE, answer, asked, exchange, read


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


def test_a_refresh_sends_the_refresh_token() -> None:
    assert asked(read(**CODE).refresh(SCOPE, OLD, NOW))[1]["refresh_token"] == ["old-refresh"]


def test_without_a_refresh_token_a_person_must_connect_again() -> None:
    with pytest.raises(AuthenticationError, match="connect again"):
        next(read(**CODE).refresh(SCOPE, Credential(), NOW))


def test_what_the_callback_tells_is_captured() -> None:
    auth = read(**CODE, capture={"callback": {"realm_id": "realmId", "gone": "nothing"}})
    assert auth.captured_of_callback({"realmId": "123", "code": "c"}) == {"realm_id": "123"}


def test_the_address_of_the_callback_is_kept_for_refreshes_that_repeat_it() -> None:
    more = {"refresh_params": {"redirect_uri": "{{ account.redirect_uri }}"}}
    assert answer(exchange(**more), {"access_token": "a"}).captured == {"redirect_uri": "https://r.example/cb"}
    assert answer(exchange(), {"access_token": "a"}).captured == {}
    known = {**SCOPE, "account": {"redirect_uri": "https://r.example/cb"}}
    assert asked(read(**CODE | more).refresh(known, OLD, NOW))[1]["redirect_uri"] == ["https://r.example/cb"]


def test_a_callback_that_nobody_signs_is_taken_as_it_is() -> None:
    auth = read(**CODE)
    assert isinstance(auth, OAuth2AuthorizationCode)
    auth.check_callback(SCOPE, {"code": "c"})
    assert auth.captured_of_callback({"code": "c"}) == {}
