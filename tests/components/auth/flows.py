"""What tests of ways in share: blocks, a scope, and how to answer a flow."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import orjson

from runner.components.auth.base import Auth, Flow, Granted
from runner.components.block import adapter
from runner.components.catalog import AUTH
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
