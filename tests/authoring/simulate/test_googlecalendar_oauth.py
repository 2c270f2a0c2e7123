from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from runner.authoring.simulate.googlecalendar import GoogleCalendar, googlecalendar
from runner.authoring.simulate.googlecalendar_options import AUTH

REDIRECT = "https://host.example/oauth/callback"
APP = {"client_id": "google-app.apps.googleusercontent.com", "client_secret": "google-secret"}
READ, LIST = f"{AUTH}calendar.events.readonly", f"{AUTH}calendar.calendarlist.readonly"
ASKED = {
    "client_id": APP["client_id"],
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "scope": f"{READ} {LIST}",
    "state": "s t",
    "access_type": "offline",
    "prompt": "consent",
}


def surface(partner: GoogleCalendar) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=partner.app)
    return httpx.AsyncClient(transport=transport, base_url="https://accounts.google.com")


async def consent(partner: GoogleCalendar, ticked: list[str], **asked: str) -> dict[str, list[str]]:
    form = {**ASKED, **asked, "decision": "approve", "ticked": ticked}
    answer = await surface(partner).post("/o/oauth2/v2/auth", data=form)
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["location"]).query)


async def tokens(partner: GoogleCalendar, ticked: list[str], **asked: str) -> httpx.Response:
    code = (await consent(partner, ticked, **asked))["code"][0]
    form = {**APP, "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    return await surface(partner).post("/token", data=form)


async def renew(partner: GoogleCalendar, token: str) -> httpx.Response:
    return await surface(partner).post("/token", data={**APP, "grant_type": "refresh_token", "refresh_token": token})


async def call(partner: GoogleCalendar, token: str, path: str = "calendars/primary/events") -> httpx.Response:
    return await surface(partner).get(f"/calendar/v3/{path}", headers={"Authorization": f"Bearer {token}"})


async def test_the_page_lets_people_leave_scopes_unticked(clock):
    page = await surface(googlecalendar(now=clock, size=1)).get("/o/oauth2/v2/auth", params=ASKED)
    assert page.text.count('type="checkbox"') == 2
    assert "ops@example.com" in page.text


async def test_the_answer_names_the_scopes_that_were_granted(clock):
    partner = googlecalendar(now=clock, size=1)
    answer = (await tokens(partner, [READ])).json()
    assert answer["scope"] == READ
    assert (answer["expires_in"], answer["token_type"]) == (3599, "Bearer")
    assert (await call(partner, answer["access_token"])).status_code == 200
    refused = await call(partner, answer["access_token"], "users/me/calendarList")
    error = refused.json()["error"]
    assert (refused.status_code, error["errors"][0]["reason"]) == (403, "insufficientPermissions")


async def test_reading_does_not_open_writing(clock):
    partner = googlecalendar(now=clock, size=1)
    token = (await tokens(partner, [READ, LIST])).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = await surface(partner).post("/calendar/v3/calendars/primary/events", json={}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("asked", "given"),
    [({}, True), ({"access_type": "online"}, False), ({"prompt": "none"}, True)],
)
async def test_a_refresh_token_comes_offline_with_the_first_consent(clock, asked, given):
    answer = (await tokens(googlecalendar(now=clock, size=1), [READ], **asked)).json()
    assert ("refresh_token" in answer) is given


async def test_a_second_consent_brings_one_only_with_prompt_consent(clock):
    partner = googlecalendar(now=clock, size=1)
    first = (await tokens(partner, [READ])).json()
    silent = (await tokens(partner, [READ], prompt="none")).json()
    asked = (await tokens(partner, [READ])).json()
    assert ["refresh_token" in answer for answer in (first, silent, asked)] == [True, False, True]


async def test_a_refresh_gives_no_new_refresh_token_and_the_old_one_stays(clock):
    partner = googlecalendar(now=clock, size=1)
    refresh = (await tokens(partner, [READ])).json()["refresh_token"]
    for _ in range(2):
        answer = (await renew(partner, refresh)).json()
        assert "refresh_token" not in answer
        assert (await call(partner, answer["access_token"])).status_code == 200


async def test_a_refresh_token_of_an_app_in_testing_dies_after_seven_days(clock):
    partner = googlecalendar(now=clock, size=1, refresh_lifetime=604_800)
    answer = (await tokens(partner, [READ])).json()
    assert answer["refresh_token_expires_in"] == 604_800
    clock.pass_by(604_800)
    refused = await renew(partner, answer["refresh_token"])
    assert (refused.status_code, refused.json()) == (
        400,
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
    )


async def test_one_refresh_token_too_many_drops_the_oldest(clock):
    partner = googlecalendar(now=clock, size=1, most_refresh_tokens=2)
    given = [(await tokens(partner, [READ])).json()["refresh_token"] for _ in range(3)]
    assert [(await renew(partner, token)).status_code for token in given] == [400, 200, 200]


async def test_an_expired_token_is_401_and_names_the_header(clock):
    partner = googlecalendar(now=clock, size=1)
    token = (await tokens(partner, [READ])).json()["access_token"]
    clock.pass_by(3599)
    answer = await call(partner, token)
    error = answer.json()["error"]["errors"][0]
    assert answer.status_code == 401
    assert (error["reason"], error["locationType"], error["location"]) == ("authError", "header", "Authorization")


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_revoking_either_token_ends_both(clock, which):
    partner = googlecalendar(now=clock, size=1)
    given = (await tokens(partner, [READ])).json()
    answer = await surface(partner).post("/revoke", data={"token": given[which]})
    assert answer.status_code == 200
    assert (await call(partner, given["access_token"])).status_code == 401
    assert (await renew(partner, given["refresh_token"])).status_code == 400
    assert (await surface(partner).post("/revoke", data={"token": given[which]})).json()["error"] == "invalid_token"


async def test_who_takes_the_consent_back_leaves_dead_tokens(clock):
    partner = googlecalendar(now=clock, size=1)
    given = (await tokens(partner, [READ])).json()
    partner.disconnect()
    assert (await call(partner, given["access_token"])).status_code == 401
    assert (await renew(partner, given["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_code_with_a_challenge_wants_its_verifier(clock):
    partner = googlecalendar(now=clock, size=1)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).decode().rstrip("=")
    code = (await consent(partner, [READ], code_challenge=challenge, code_challenge_method="S256"))["code"][0]
    form = {**APP, "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    assert (await surface(partner).post("/token", data=form)).json()["error"] == "invalid_grant"


async def test_basic_is_not_taken_for_the_app(clock):
    partner = googlecalendar(now=clock, size=1)
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = await surface(partner).post("/token", data=form, auth=(APP["client_id"], APP["client_secret"]))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("wrong", [{"scope": "https://example.com/all"}, {"scope": ""}, {"client_id": "other"}])
async def test_a_bad_question_is_not_redirected(clock, wrong):
    answer = await surface(googlecalendar(now=clock, size=1)).get("/o/oauth2/v2/auth", params={**ASKED, **wrong})
    assert answer.status_code == 400
