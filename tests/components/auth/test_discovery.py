"""Where a partner's endpoints are, by its own word."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from runner.components.auth.oauth2_authorization_code import OAuth2AuthorizationCode
from runner.errors import PartnerUnavailable, UnexpectedResponse
from runner.model.http import Request, Response
from tests.components.auth.flows import CODE, NOW, OLD, SCOPE, read

ISSUER = "https://issuer.example/op"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://issuer.example/consent",
    "token_endpoint": "https://issuer.example/tokens",
}
BLOCK = CODE | {"discovery": {"url": "https://issuer.example/.well-known/openid-configuration", "issuer": ISSUER}}


def asked(document: Any, status: int = 200) -> Request:
    """The request for a token, after this answer to the question where to."""
    flow = read(**BLOCK).refresh(SCOPE, OLD, NOW)
    assert next(flow).url == "https://issuer.example/.well-known/openid-configuration"
    return flow.send(Response(status, {}, document if isinstance(document, bytes) else orjson.dumps(document)))


def test_what_the_document_tells_goes_before_what_is_written() -> None:
    assert asked(DOCUMENT).url == "https://issuer.example/tokens"


@pytest.mark.parametrize(("document", "status"), [(b"<html>", 200), (DOCUMENT, 503), ([], 200), (b"", 404)])
def test_without_a_document_what_is_written_stands(document: Any, status: int) -> None:
    assert asked(document, status).url == "https://p.example/token"


def test_a_partner_that_does_not_answer_is_asked_at_what_is_written() -> None:
    flow = read(**BLOCK).refresh(SCOPE, OLD, NOW)
    next(flow)
    assert flow.throw(PartnerUnavailable("away")).url == "https://p.example/token"


def test_a_document_that_leaves_an_endpoint_out_leaves_the_written_one() -> None:
    assert asked({"issuer": ISSUER}).url == "https://p.example/token"


@pytest.mark.parametrize("issuer", ["https://evil.example", f"{ISSUER}/", None, 5])
def test_another_issuer_stops_the_flow(issuer: Any) -> None:
    with pytest.raises(UnexpectedResponse, match="another issuer"):
        asked(DOCUMENT | {"issuer": issuer})


@pytest.mark.parametrize("address", ["http://issuer.example/tokens", "ftp://x", "https://", "/tokens", 5])
def test_an_unsafe_address_stops_the_flow(address: Any) -> None:
    with pytest.raises(UnexpectedResponse, match="no safe address as token_endpoint"):
        asked(DOCUMENT | {"token_endpoint": address})


@pytest.mark.parametrize(
    ("document", "page"), [(DOCUMENT, "https://issuer.example/consent?"), ({}, "https://p.example/authorize?")]
)
def test_the_consent_page_is_found_likewise(document: dict[str, Any], page: str) -> None:
    auth = read(**BLOCK)
    assert isinstance(auth, OAuth2AuthorizationCode)
    flow = auth.consent(SCOPE, state="s", redirect_uri="https://r.example/cb", verifier="v" * 43)
    next(flow)
    with pytest.raises(StopIteration) as ended:
        flow.send(Response(200 if document else 404, {}, orjson.dumps(document)))
    assert ended.value.value.startswith(page)
