"""Simulated Salesforce, Xero and Procore."""

from __future__ import annotations

from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.catalogue.provider import Given, Provider, Refusal, basic

INSTANCE = "sample.my.salesforce.com"


class Salesforce(Provider):
    """help.salesforce.com: OAuth 2.0 Web Server Flow, JWT Bearer Flow; developer.salesforce.com: REST API guide

    The answer names the host of the org and does not say when the token ends; a refresh keeps the refresh token; the
    JWT bearer flow has none.
    """

    token_at = "login.salesforce.com/services/oauth2/token"
    rotates = False
    certificate: RSAKey | None = None
    instance = f"https://{INSTANCE}"

    def token(self, request: httpx.Request) -> httpx.Response:
        given = self.given(request)
        if given["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return self._certified(given)
        return super().token(request)

    def first(self, given: Given) -> dict[str, Any]:
        return {**self._answer(), "refresh_token": self.new_refresh()}

    def again(self, given: Given) -> dict[str, Any]:
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        return {
            "access_token": self.new_access(),
            "signature": "CMJ4l+CCaPQiKjoOEwEig9H4wqhpuLSk4J2urAe+fVg=",
            "instance_url": self.instance,
            "id": "https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012Q9P",
            "token_type": "Bearer",
            "issued_at": "1777908010000",
        }

    def _certified(self, given: Given) -> httpx.Response:
        assert self.certificate is not None
        claims = jwt.decode(given["assertion"], self.certificate, algorithms=["RS256"]).claims
        wanted = {"iss": self.client[0], "sub": "bot@example.com", "aud": "https://login.salesforce.com"}
        if {name: claims[name] for name in wanted} != wanted or claims["exp"] - claims["iat"] > 180:
            raise Refusal(400, {"error": "invalid_grant", "error_description": "invalid assertion"})
        return httpx.Response(200, json=self._answer())

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        if at == "login.salesforce.com/services/oauth2/revoke":
            self.access, self.refreshes = "", set()
            return httpx.Response(200)
        self.check_bearer(request, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        assert at == f"{INSTANCE}/services/oauth2/userinfo"
        return httpx.Response(200, json={"organization_id": "00Dx0000000BV7zEAG", "name": "Sample Bot"})


class Xero(Provider):
    """developer.xero.com/documentation/guides/oauth2/auth-flow and .../oauth2/tenants

    A consent is for one or more tenants, told by a call; every other call names its tenant in a header.
    """

    token_at = "identity.xero.com/connect/token"
    client_auth = "basic"

    def first(self, given: Given) -> dict[str, Any]:
        return {
            "access_token": self.new_access(),
            "expires_in": 1800,
            "token_type": "Bearer",
            "refresh_token": self.new_refresh(),
            "scope": "offline_access accounting.contacts",
        }

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        if at == "identity.xero.com/connect/revocation":
            assert request.headers["authorization"] == basic(*self.client)
            self.access, self.refreshes = "", set()
            return httpx.Response(200)
        self.check_bearer(request, {"Title": "Unauthorized", "Status": 401, "Detail": "TokenExpired"})
        if at == "api.xero.com/connections":
            tenant = {"tenantId": "70784a63", "tenantType": "ORGANISATION", "tenantName": "Maple Florists Ltd"}
            return httpx.Response(200, json=[{"id": "e1eede29", **tenant}])
        if request.headers.get("xero-tenant-id") != "70784a63":
            raise Refusal(403, {"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"})
        return httpx.Response(200, json={"Contacts": [{"ContactStatus": "ARCHIVED"}]})


class Procore(Provider):
    """developers.procore.com/documentation/content/oauth-endpoints, .../making-first-call

    90 minutes; a refresh token serves once; every call names the company in a header; sandbox has hosts of its own.
    """

    token_at = "login.procore.com/oauth/token"

    def first(self, given: Given) -> dict[str, Any]:
        return {
            "access_token": self.new_access(),
            "token_type": "Bearer",
            "expires_in": 5400,
            "refresh_token": self.new_refresh(),
            "created_at": 1777908010,
        }

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        if at == "login.procore.com/oauth/revoke":
            given = self.given(request)
            self.check_client(request, given)
            assert given["token"] == self.access
            self.access, self.refreshes = "", set()
            return httpx.Response(200, json={})
        self.check_bearer(request, {"error": "invalid_token"})
        if request.headers.get("procore-company-id") != "8089":
            raise Refusal(403, {"errors": "Company header required"})
        assert at == "api.procore.com/rest/v1.0/me"
        return httpx.Response(200, json={"id": 42, "login": "admin@example.com", "name": "Sample Admin"})
