"""How a partner is told that a credential is not needed any more."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from runner.model.credential import Credential
from runner.model.http import Request
from runner.model.secret import Secret
from tests.components.auth.flows import CODE, SCOPE, read

BOTH = Credential(access_token=Secret("acc"), refresh_token=Secret("ref"))
FORM = {"token": "{{ refresh_token or access_token }}"}


def revocation(credential: Credential = BOTH, **revoke: Any) -> Request | None:
    return read(**CODE, revoke={"url": "https://p.example/revoke", **revoke}).revocation(SCOPE, credential)


@pytest.mark.parametrize(
    ("client_auth", "auth", "form"),
    [
        ("none", None, {"token": "ref"}),
        ("basic", ("cid", "s3cret&+"), {"token": "ref"}),
        ("body", None, {"token": "ref", "client_id": "cid", "client_secret": "s3cret&+"}),
    ],
)
def test_the_client_says_who_it_is(client_auth: str, auth: Any, form: dict[str, str]) -> None:
    request = revocation(client_auth=client_auth, form=FORM)
    assert request is not None
    assert (request.method, request.url, request.auth, request.form) == ("POST", "https://p.example/revoke", auth, form)


def test_the_token_can_revoke_itself() -> None:
    request = revocation(client_auth="bearer", text="null", headers={"Content-Type": "application/json"})
    assert request is not None
    assert (request.headers["Authorization"], request.content) == ("Bearer acc", b"null")


def test_a_json_body_holds_the_token_itself() -> None:
    request = revocation(client_auth="basic", json={"token": "{{ refresh_token }}"})
    assert request is not None
    assert request.json == {"token": "ref"}


def test_without_a_refresh_token_the_other_one_is_told() -> None:
    request = revocation(Credential(access_token=Secret("acc")), form=FORM)
    assert request is not None
    assert request.form == {"token": "acc"}


@pytest.mark.parametrize(
    ("credential", "revoke"),
    [
        (Credential(), {"form": FORM}),
        (Credential(values={"key": Secret("k")}), {"form": FORM}),
        (Credential(refresh_token=Secret("ref")), {"client_auth": "bearer"}),
    ],
)
def test_what_is_not_there_is_not_revoked(credential: Credential, revoke: dict[str, Any]) -> None:
    assert revocation(credential, **revoke) is None


def test_a_request_prints_no_token() -> None:
    assert "ref" not in repr(revocation(form=FORM)).replace("revoke", "")


def test_a_call_has_one_body() -> None:
    with pytest.raises(ValidationError, match="one body"):
        revocation(form=FORM, text="null")
