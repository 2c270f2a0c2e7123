"""A login gives a token that serves for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from runner.components.auth.base import Auth
from runner.errors import AuthenticationError, UnexpectedResponse
from runner.model.credential import Credential
from runner.model.http import Request
from runner.model.secret import Secret
from tests.components.auth.flows import NOW, SCOPE, answer, read


def session(**more: Any) -> Auth:
    login = {
        "url": "https://p.example/sessions",
        "json": {"user": "{{ app.client_id }}", "password": "{{ settings.key }}"},
    }
    block = {"type": "session_token", "login": login, "token": {"access_token": "session.id", "lifetime": "30m"}}
    return read(**block | {"send": {"header": "X-Session", "value": "{{ access_token }}"}} | more)


def test_the_login_is_written_as_declared() -> None:
    request = next(session().obtain(SCOPE, NOW))
    assert (request.method, request.url, request.json) == (
        "POST",
        "https://p.example/sessions",
        {"user": "cid", "password": "k3y"},
    )


def test_a_login_can_be_a_form_with_headers_and_parameters() -> None:
    login = {
        "method": "PUT",
        "url": "https://p.example/s",
        "form": {"key": "{{ settings.key }}", "none": "{{ settings.none }}"},
        "params": {"v": "2"},
        "headers": {"X-App": "{{ app.client_id }}"},
    }
    request = next(session(login=login).obtain(SCOPE, NOW))
    assert (request.method, request.form, request.params) == ("PUT", {"key": "k3y"}, {"v": "2"})
    assert request.headers["X-App"] == "cid"


def test_the_token_is_read_where_it_is_and_ends_when_it_must() -> None:
    credential = answer(session().obtain(SCOPE, NOW), {"session": {"id": "s1"}}).credential
    assert (credential.access_token, credential.expires_at) == (Secret("s1"), NOW + timedelta(minutes=30))
    assert not session().is_due(credential, NOW)
    assert session().is_due(credential, NOW + timedelta(minutes=26))


def test_the_token_goes_where_the_connector_says() -> None:
    assert session().sign(Request("GET", "https://p.example"), SCOPE).headers == {"X-Session": "tok"}


def test_a_refresh_is_another_login_that_keeps_what_was_filled_in() -> None:
    old = Credential(values={"key": Secret("k3y")}, access_token=Secret("s0"))
    credential = answer(session().refresh(SCOPE, old, NOW), {"session": {"id": "s1"}}).credential
    assert (credential.access_token, credential.values) == (Secret("s1"), old.values)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"message": "k3y is wrong"}, AuthenticationError),
        (403, {"message": "k3y is wrong"}, AuthenticationError),
        (200, {"session": None}, UnexpectedResponse),
        (200, b"<html>k3y", UnexpectedResponse),
    ],
)
def test_a_refused_login_repeats_nothing(status: int, body: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        answer(session().obtain(SCOPE, NOW), body, status)
    assert "k3y" not in str(caught.value)


def test_a_logout_revokes_the_session() -> None:
    auth = session(revoke={"method": "DELETE", "url": "https://p.example/sessions", "client_auth": "bearer"})
    request = auth.revocation(SCOPE, Credential(access_token=Secret("s1")))
    assert request is not None
    assert (request.method, request.headers["Authorization"]) == ("DELETE", "Bearer s1")
    assert session().revocation(SCOPE, Credential(access_token=Secret("s1"))) is None
