"""Simulated Slack, Notion, Zendesk and Microsoft Graph."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.catalogue.provider import Given, Provider, Refusal, basic


class Slack(Provider):
    """docs.slack.dev/reference/methods/oauth.v2.access and docs.slack.dev/authentication/using-token-rotation

    Answers are 200 and say `ok: false`; the person's token is inside `authed_user`, but for a refresh; scopes are
    separated by commas.
    """

    token_at = "slack.com/api/oauth.v2.access"
    client_auth = "basic"
    word = "invalid_refresh_token"

    def consent(self, url: str) -> dict[str, str]:
        assert "user_scope=channels%3Aread%2Cchat%3Awrite" in url
        return super().consent(url)

    def first(self, given: Given) -> dict[str, Any]:
        tokens = {"access_token": self.new_access(), "refresh_token": self.new_refresh(), "expires_in": 43200}
        person = {"id": "U1234", "scope": "channels:read,chat:write", "token_type": "user", **tokens}
        return {"ok": True, "app_id": "A1", "authed_user": person, "team": {"id": "T1", "name": "Sample"}}

    def again(self, given: Given) -> dict[str, Any]:
        tokens = {"access_token": self.new_access(), "refresh_token": self.new_refresh(), "expires_in": 43200}
        return {"ok": True, "token_type": "user", "team": {"id": "T1", "name": "Sample"}, **tokens}

    def answer(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().answer(request)
        except Refusal as refusal:
            return httpx.Response(200, content=refusal.response.content)

    def invalid_grant(self) -> dict[str, Any]:
        return {"ok": False, "error": self.word}

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        self.check_bearer(request, {"ok": False, "error": "token_expired"})
        if at == "slack.com/api/auth.revoke":
            self.access, self.refreshes = "", set()
            return httpx.Response(200, json={"ok": True, "revoked": True})
        assert at == "slack.com/api/auth.test"
        return httpx.Response(200, json={"ok": True, "team": "Sample", "team_id": "T1", "user_id": "U1234"})


class Notion(Provider):
    """developers.notion.com/reference/create-a-token, refresh-a-token and revoke-token

    JSON by a client that proves itself with HTTP Basic; a version header everywhere; no word on when a token ends.
    """

    token_at = "api.notion.com/v1/oauth/token"
    client_auth = "basic"
    body = "json"

    def consent(self, url: str) -> dict[str, str]:
        assert "owner=user" in url
        return super().consent(url)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if not request.headers.get("notion-version"):
            raise Refusal(400, {"object": "error", "status": 400, "code": "missing_version"})
        return super().answer(request)

    def first(self, given: Given) -> dict[str, Any]:
        return {
            "access_token": self.new_access(),
            "token_type": "bearer",
            "refresh_token": self.new_refresh(),
            "bot_id": "b-1",
            "workspace_id": "w-1",
            "workspace_name": "Sample's Notion",
            "owner": {"type": "user"},
        }

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        if at == "api.notion.com/v1/oauth/revoke":
            assert request.headers["authorization"] == basic(*self.client)
            assert orjson.loads(request.content) == {"token": self.access}
            self.access = ""
            return httpx.Response(200, json={"request_id": "r-1"})
        self.check_bearer(request, {"object": "error", "status": 401, "code": "unauthorized"})
        assert at == "api.notion.com/v1/users/me"
        return httpx.Response(200, json={"object": "user", "id": "b-1", "type": "bot", "name": "Runner"})


class Zendesk(Provider):
    """developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens and .../introduction/security-and-auth

    Each account has a host; JSON; a refresh token serves once; an API token is the password of `e-mail/token`.
    """

    token_at = "sample.zendesk.com/oauth/tokens"
    body = "json"

    def first(self, given: Given) -> dict[str, Any]:
        return {
            "access_token": self.new_access(),
            "refresh_token": self.new_refresh(),
            "token_type": "bearer",
            "scope": "read",
            "expires_in": 1800,
            "refresh_token_expires_in": 2592000,
        }

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        if request.headers.get("authorization") != basic("agent@example.com/token", "api-token"):
            self.check_bearer(request, {"error": "invalid_token"})
        if (request.method, at) == ("DELETE", "sample.zendesk.com/api/v2/oauth/tokens/current.json"):
            self.access = ""
            return httpx.Response(204)
        assert at == "sample.zendesk.com/api/v2/users/me.json"
        return httpx.Response(200, json={"user": {"id": 35436, "name": "Sample Agent"}})


class MicrosoftGraph(Provider):
    """learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, v2-oauth2-client-creds-grant-flow and
    certificate-credentials

    The tenant `common` for people; the scopes again on each refresh; PKCE; and for a whole organisation, whose tenant
    is named, a statement signed by the certificate's key.
    """

    token_at = "login.microsoftonline.com/common/oauth2/v2.0/token"
    tenant_at = "login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token"
    scopes = "offline_access User.Read Calendars.Read"
    certificate: RSAKey | None = None

    def consent(self, url: str) -> dict[str, str]:
        asked = parse_qs(url.partition("?")[2])
        assert (asked["scope"], asked["response_mode"]) == ([self.scopes], ["query"])
        self.challenged = bool(asked["code_challenge"][0]) and asked["code_challenge_method"] == ["S256"]
        return super().consent(url)

    def first(self, given: Given) -> dict[str, Any]:
        if given["grant_type"] == "authorization_code" and not (self.challenged and given["code_verifier"]):
            raise Refusal(400, {"error": "invalid_grant"})
        if given["grant_type"] == "refresh_token" and given.get("scope") != self.scopes:
            raise Refusal(400, {"error": "invalid_request", "error_description": "AADSTS90014: scope is missing"})
        return {
            "token_type": "Bearer",
            "scope": "User.Read Calendars.Read",
            "expires_in": 3736,
            "ext_expires_in": 3736,
            "access_token": self.new_access(),
            "refresh_token": self.new_refresh(),
        }

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        if at == self.tenant_at:
            return self._certified(self.given(request))
        self.check_bearer(request, {"error": {"code": "InvalidAuthenticationToken", "message": "expired"}})
        if at == "graph.microsoft.com/v1.0/organization":
            return httpx.Response(200, json={"value": [{"id": "11111111", "displayName": "Sample Ltd"}]})
        assert at == "graph.microsoft.com/v1.0/me"
        return httpx.Response(200, json={"id": "87d349ed", "displayName": "Adele Sample"})

    def _certified(self, given: Given) -> httpx.Response:
        assert self.certificate is not None
        stated = jwt.decode(given["client_assertion"], self.certificate, algorithms=["PS256"])
        wanted = {"aud": f"https://{self.tenant_at}", "iss": self.client[0], "sub": self.client[0]}
        if {name: stated.claims[name] for name in wanted} != wanted or stated.header["x5t#S256"] != "thumb":
            raise Refusal(401, {"error": "invalid_client"})
        assert (given["grant_type"], given["scope"]) == ("client_credentials", "https://graph.microsoft.com/.default")
        return httpx.Response(200, json={"token_type": "Bearer", "expires_in": 3599, "access_token": self.new_access()})
