"""Where tokens are in an answer, how long they live, and what an answer without one means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.errors import AuthenticationError, PartnerUnavailable, RateLimited, UnexpectedResponse
from runner.model.credential import Credential
from runner.model.http import Response
from runner.model.secret import Secret
from tests.components.auth.flows import CODE, NOW, OLD, SCOPE, answer, exchange, jwt, read


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


@pytest.mark.parametrize("body", [{"access_token": "a"}, {"access_token": "a", "refresh_token": ""}])
def test_a_refresh_without_a_new_refresh_token_keeps_the_old(body: dict[str, Any]) -> None:
    credential = answer(read(**CODE).refresh(SCOPE, OLD, NOW), body).credential
    assert (credential.refresh_token, credential.values) == (OLD.refresh_token, OLD.values)


def test_a_rotated_refresh_token_takes_the_place_of_the_old() -> None:
    granted = answer(read(**CODE).refresh(SCOPE, OLD, NOW), {"access_token": "a", "refresh_token": "new"})
    assert granted.credential.refresh_token == Secret("new")


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


@pytest.mark.parametrize(("minutes", "due"), [(0, False), (54, False), (56, True), (70, True)])
def test_a_token_is_due_before_its_end(minutes: int, due: bool) -> None:
    credential = Credential(access_token=Secret("a"), issued_at=NOW, expires_at=NOW + timedelta(hours=1))
    assert read(**CODE).is_due(credential, NOW + timedelta(minutes=minutes)) is due


def test_a_short_token_is_not_due_in_the_first_half_of_its_life() -> None:
    credential = Credential(access_token=Secret("a"), issued_at=NOW, expires_at=NOW + timedelta(minutes=4))
    assert not read(**CODE).is_due(credential, NOW + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-06-03T15:20:10Z", datetime(2026, 6, 3, 15, 20, 10, tzinfo=UTC)),
        ("2026-06-03T17:20:10+02:00", datetime(2026, 6, 3, 15, 20, 10, tzinfo=UTC)),
        ("2026-06-03T15:20:10", datetime(2026, 6, 3, 15, 20, 10, tzinfo=UTC)),
        (1780500010, datetime(2026, 6, 3, 15, 20, 10, tzinfo=UTC)),
        ("1780500010", datetime(2026, 6, 3, 15, 20, 10, tzinfo=UTC)),
        (1780500010000, datetime(2026, 6, 3, 15, 20, 10, tzinfo=UTC)),
        ("soon", NOW + timedelta(minutes=60)),
        (True, NOW + timedelta(minutes=60)),
        (None, NOW + timedelta(minutes=60)),
        ("9" * 40, NOW + timedelta(minutes=60)),
    ],
)
def test_an_end_can_be_a_moment(written: Any, moment: datetime) -> None:
    granted = answer(exchange(token={"expires_at": "ends"}), {"access_token": "a", "ends": written})
    assert granted.credential.expires_at == moment


def test_a_token_can_live_for_ever() -> None:
    credential = answer(exchange(token={"lifetime": "never"}), {"access_token": "a"}).credential
    assert credential.expires_at is None
    assert not read(**CODE).is_due(credential, NOW + timedelta(days=3650))


def test_the_tokens_can_be_in_a_part_of_the_answer_under_other_names() -> None:
    token = {"of": "data.session", "access_token": "id", "refresh_token": "again", "expires_in": "ttl"}
    body = {"data": {"session": {"id": "a", "again": "r", "ttl": 60}}, "access_token": "not this"}
    credential = answer(exchange(token=token), body).credential
    assert (credential.access_token, credential.refresh_token) == (Secret("a"), Secret("r"))
    assert credential.expires_at == NOW + timedelta(seconds=60)


def test_the_life_of_a_refresh_token_is_read_where_it_is() -> None:
    flow = exchange(token={"refresh_expires_in": "idle_seconds"})
    credential = answer(flow, {"access_token": "a", "refresh_token": "r", "idle_seconds": 60}).credential
    assert credential.refresh_expires_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"ok": False, "error": "invalid_refresh_token"}, AuthenticationError),
        ({"ok": False, "error": "fatal_error"}, PartnerUnavailable),
        ({"error": "temporarily_unavailable"}, PartnerUnavailable),
    ],
)
def test_a_refusal_with_status_200_is_told_from_one_that_passes(body: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        answer(exchange(token={"transient": ["fatal_error"]}), body)


def test_the_word_of_a_refusal_can_be_elsewhere() -> None:
    with pytest.raises(AuthenticationError, match="BAD_REFRESH_TOKEN"):
        answer(exchange(token={"error": "error || status"}), {"status": "BAD_REFRESH_TOKEN"}, 400)


def test_an_error_names_the_endpoint_without_its_query() -> None:
    flow = exchange()
    next(flow)
    with pytest.raises(UnexpectedResponse, match=r"the token endpoint p\.example/token answers 200") as caught:
        flow.send(Response(200, {}, b"<html>secret", "https://p.example/token?key=secret"))
    assert "secret" not in str(caught.value)


def test_expressions_that_cannot_read_an_answer_do_not_repeat_it() -> None:
    with pytest.raises(UnexpectedResponse, match=r"auth\.token") as caught:
        answer(exchange(token={"expires_in": "ceil(access_token)"}), {"access_token": "secret-token"})
    assert "secret-token" not in str(caught.value)


def test_a_credential_prints_no_token() -> None:
    granted = answer(exchange(), {"access_token": "secret-token", "refresh_token": "secret-again"})
    assert "secret" not in repr(granted) + str(granted)


def test_a_refusal_keeps_the_old_credential_out_of_its_words() -> None:
    flow = read(**CODE).refresh(SCOPE, OLD, NOW)
    with pytest.raises(AuthenticationError) as caught:
        answer(flow, {"error": "invalid_grant", "error_description": "old-refresh is dead"}, 400)
    assert "old-refresh" not in str(caught.value)
