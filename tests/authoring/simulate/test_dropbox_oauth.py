from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from runner.authoring.simulate.dropbox import Dropbox, dropbox
from runner.authoring.simulate.dropbox_data import ACCOUNT, TEAM

REDIRECT = "https://host.example/oauth/callback"
APP = {"client_id": "dropbox-app", "client_secret": "dropbox-secret"}
ASKED = {
    "client_id": "dropbox-app",
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "state": "s t",
    "token_access_type": "offline",
}
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).decode().rstrip("=")
READ = {"path": ""}


def surface(partner: Dropbox, **more: object) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=partner.app)
    return httpx.AsyncClient(transport=transport, base_url="https://api.dropboxapi.com", **more)


async def consent(partner: Dropbox, **asked: str) -> str:
    answer = await surface(partner).post("/oauth2/authorize", data={**ASKED, **asked, "decision": "approve"})
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["s t"]
    return query["code"][0]


async def redeem(partner: Dropbox, code: str, **form: str) -> httpx.Response:
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    return await surface(partner).post("/oauth2/token", data={**asked, **form})


async def renew(partner: Dropbox, token: str, **form: str) -> httpx.Response:
    asked = {"grant_type": "refresh_token", "refresh_token": token}
    return await surface(partner).post("/oauth2/token", data={**asked, **form})


async def call(partner: Dropbox, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return await surface(partner).post("/2/files/list_folder", json=READ, headers=headers)


async def test_offline_access_gives_a_refresh_token_and_names_the_account(clock):
    partner = dropbox(now=clock, size=1)
    answer = (await redeem(partner, await consent(partner), **APP)).json()
    assert (answer["account_id"], answer["uid"]) == (ACCOUNT, "12345678")
    assert (answer["expires_in"], answer["token_type"]) == (14_400, "bearer")
    assert "refresh_token" in answer
    assert answer["scope"].split() == sorted(answer["scope"].split())


async def test_online_access_gives_none(clock):
    partner = dropbox(now=clock, size=1)
    answer = (await redeem(partner, await consent(partner, token_access_type="online"), **APP)).json()
    assert "refresh_token" not in answer
    assert answer["account_id"] == ACCOUNT


async def test_a_team_app_is_let_in_by_the_team(clock):
    partner = dropbox(now=clock, size=1, team=True)
    answer = (await redeem(partner, await consent(partner), **APP)).json()
    assert answer["team_id"] == TEAM
    assert "account_id" not in answer


async def test_a_refresh_answers_two_things_and_the_token_stays(clock):
    partner = dropbox(now=clock, size=1)
    refresh = (await redeem(partner, await consent(partner), **APP)).json()["refresh_token"]
    for _ in range(2):
        answer = (await renew(partner, refresh, **APP)).json()
        assert answer.keys() == {"access_token", "token_type", "expires_in"}
        assert (await call(partner, answer["access_token"])).status_code == 200


async def test_a_code_opens_once_and_only_for_its_redirect(clock):
    partner = dropbox(now=clock, size=1)
    code = await consent(partner)
    assert (await redeem(partner, code, **APP, redirect_uri="https://other.example/")).status_code == 400
    code = await consent(partner)
    assert [(await redeem(partner, code, **APP)).status_code for _ in range(2)] == [200, 400]


async def test_basic_is_taken_too(clock):
    partner = dropbox(now=clock, size=1)
    form = {"grant_type": "authorization_code", "code": await consent(partner), "redirect_uri": REDIRECT}
    answer = await surface(partner, auth=tuple(APP.values())).post("/oauth2/token", data=form)
    assert answer.status_code == 200


async def test_a_public_client_proves_itself_by_its_verifier(clock):
    partner = dropbox(now=clock, size=1)
    pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    wrong = await redeem(partner, await consent(partner, **pkce), client_id="dropbox-app", code_verifier="other")
    right = await redeem(partner, await consent(partner, **pkce), client_id="dropbox-app", code_verifier="verifier")
    nothing = await redeem(partner, await consent(partner), client_id="dropbox-app", code_verifier="verifier")
    assert [wrong.status_code, right.status_code, nothing.status_code] == [400, 200, 400]
    assert (await renew(partner, right.json()["refresh_token"], client_id="dropbox-app")).status_code == 200


@pytest.mark.parametrize("secret", ["wrong", ""])
async def test_a_wrong_secret_is_refused(clock, secret):
    partner = dropbox(now=clock, size=1)
    answer = await redeem(partner, await consent(partner), client_id="dropbox-app", client_secret=secret)
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "wrong",
    [{"client_id": "other"}, {"redirect_uri": "http://host.example/"}, {"token_access_type": "none"}, {"scope": "x"}],
)
async def test_a_bad_question_is_not_redirected(clock, wrong):
    answer = await surface(dropbox(now=clock, size=1)).get("/oauth2/authorize", params={**ASKED, **wrong})
    assert answer.status_code == 400


async def test_an_own_machine_needs_no_https(clock):
    asked = {**ASKED, "redirect_uri": "http://localhost:8080/oauth/callback"}
    assert (await surface(dropbox(now=clock, size=1)).get("/oauth2/authorize", params=asked)).status_code == 200


async def test_expired_and_unknown_tokens_are_told_apart(clock):
    partner = dropbox(now=clock, size=1)
    token = partner.grants.issue()["access_token"]
    clock.pass_by(14_400)
    expired, unknown = await call(partner, token), await call(partner, "sl.unknown")
    assert [answer.json()["error"][".tag"] for answer in (expired, unknown)] == [
        "expired_access_token",
        "invalid_access_token",
    ]
    assert [expired.status_code, unknown.status_code] == [401, 401]


async def test_a_scope_that_was_not_asked_for_is_missing(clock):
    partner = dropbox(now=clock, size=1)
    token = (await redeem(partner, await consent(partner, scope="account_info.read"), **APP)).json()["access_token"]
    error = (await call(partner, token)).json()["error"]
    assert error == {".tag": "missing_scope", "required_scope": "files.metadata.read"}


async def test_revoking_ends_every_token_of_the_grant_and_no_other(clock):
    partner = dropbox(now=clock, size=1)
    first, other = [(await redeem(partner, await consent(partner), **APP)).json() for _ in range(2)]
    second = (await renew(partner, first["refresh_token"], **APP)).json()
    headers = {"Authorization": f"Bearer {first['access_token']}", "Content-Type": "application/json"}
    answer = await surface(partner).post("/2/auth/token/revoke", content=b"null", headers=headers)
    assert (answer.status_code, answer.text) == (200, "null")
    assert (await call(partner, second["access_token"])).status_code == 401
    refused = await renew(partner, first["refresh_token"], **APP)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert (await call(partner, other["access_token"])).status_code == 200


async def test_without_a_token_a_call_is_malformed(clock):
    assert (await surface(dropbox(now=clock, size=1)).post("/2/files/list_folder", json=READ)).status_code == 400
