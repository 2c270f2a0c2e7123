"""Simulated Shopify, Square and Stripe."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson

from tests.catalogue.provider import Given, Provider, Refusal, basic


class Shopify(Provider):
    """shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant

    Each shop has a host; the callback is signed; the offline token has no end and no refresh token; scopes are
    separated by commas, in the answer too.
    """

    token_at = "some-shop.myshopify.com/admin/oauth/access_token"

    def callback(self, asked: Given) -> dict[str, str]:
        assert asked["scope"] == "read_products,read_orders"
        told = {"code": "code-0", "shop": "some-shop.myshopify.com", "state": asked["state"], "timestamp": "1777908010"}
        signed = urlencode(sorted(told.items()))
        return told | {"hmac": hmac.new(self.client[1].encode(), signed.encode(), hashlib.sha256).hexdigest()}

    def first(self, given: Given) -> dict[str, Any]:
        return {"access_token": self.new_access(), "scope": "read_products,read_orders"}

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        if not self.access or request.headers.get("x-shopify-access-token") != self.access:
            raise Refusal(
                401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
            )
        if (request.method, at) == ("DELETE", "some-shop.myshopify.com/admin/api_permissions/current.json"):
            self.access = ""
            return httpx.Response(200)
        assert at == "some-shop.myshopify.com/admin/api/2025-07/shop.json"
        return httpx.Response(
            200, json={"shop": {"id": 548380009, "name": "Some Shop", "myshopify_domain": "some-shop.myshopify.com"}}
        )


class Square(Provider):
    """developer.squareup.com/reference/square/o-auth/obtain-token

    JSON in and out; the end of a token is a moment; a refresh gives the same refresh token; errors have a shape of
    their own.
    """

    token_at = "connect.squareup.com/oauth2/token"
    body = "json"
    rotates = False

    def first(self, given: Given) -> dict[str, Any]:
        return {
            "access_token": self.new_access(),
            "token_type": "bearer",
            "expires_at": "2026-06-03T15:20:10Z",
            "merchant_id": "MLEXAMPLE",
            "refresh_token": self.new_refresh(),
            "short_lived": False,
        }

    def invalid_grant(self) -> dict[str, Any]:
        return {"errors": [{"category": "AUTHENTICATION_ERROR", "code": "UNAUTHORIZED", "detail": "not valid"}]}

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        assert request.headers["square-version"]
        if at == "connect.squareup.com/oauth2/revoke":
            given = orjson.loads(request.content)
            assert request.headers["authorization"] == f"Client {self.client[1]}"
            assert given == {"client_id": self.client[0], "access_token": self.access}
            self.access, self.refreshes = "", set()
            return httpx.Response(200, json={"success": True})
        self.check_bearer(request, self.invalid_grant())
        assert at == "connect.squareup.com/v2/merchants/me"
        return httpx.Response(200, json={"merchant": {"id": "MLEXAMPLE", "business_name": "Apple A Day"}})


class Stripe(Provider):
    """docs.stripe.com/connect/oauth-reference and docs.stripe.com/api/authentication

    The platform's secret key is the client secret; tokens have no end; a company's own key is the user name of HTTP
    Basic, without a password.
    """

    token_at = "connect.stripe.com/oauth/token"
    rotates = False

    def first(self, given: Given) -> dict[str, Any]:
        return {
            "access_token": self.new_access(),
            "livemode": True,
            "refresh_token": self.new_refresh(),
            "token_type": "bearer",
            "stripe_publishable_key": "pk_live_example",
            "stripe_user_id": "acct_1example",
            "scope": "read_write",
        }

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        if at == "connect.stripe.com/oauth/deauthorize":
            assert request.headers["authorization"] == f"Bearer {self.client[1]}"
            assert (
                request.content == urlencode({"client_id": self.client[0], "stripe_user_id": "acct_1example"}).encode()
            )
            self.access = ""
            return httpx.Response(200, json={"stripe_user_id": "acct_1example"})
        if request.headers.get("authorization") != basic("rk_company", ""):
            self.check_bearer(
                request, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
            )
        assert at == "api.stripe.com/v1/account"
        return httpx.Response(200, json={"id": "acct_1example", "business_profile": {"name": "Sample Roofing"}})
