"""
How Pipedrive says no.

Sources: pipedrive.readme.io core-api-concepts-responses, core-api-concepts-http-status-codes and
marketplace-oauth-and-api-proxy-status-codes; the official OpenAPI v1 for the routes of webhooks. The page of a block is
made up: all that is known of it is that it is HTML.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import HTMLResponse, Response

from runner.authoring.simulate.answers import Refusal, reply

INFO = "Please check developers.pipedrive.com for more information about Pipedrive API."
MESSAGES: Mapping[int, str] = {
    400: "Bad request",
    401: "unauthorized access",
    402: "Your account is closed or not paid",
    403: "Scope and URL mismatch",
    404: "Not found",
    405: "Method not allowed",
    410: "Gone",
    415: "Feature is not enabled",
    422: "Webhook limit reached",
    429: "Request over limit",
    500: "Internal server error",
    501: "Not implemented",
    503: "Scheduled maintenance",
}
BLOCK = "<!doctype html><title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>"


def answer(status: int, message: str = "", code: str = "") -> Response:
    """The body of most routes; `code` only where there is one."""
    body = {"success": False, "error": message or MESSAGES.get(status, "Error"), "error_info": INFO}
    return reply({**body, **({"code": code} if code else {}), "data": None, "additional_data": None}, status)


def refusal(status: int, message: str = "", code: str = "") -> Refusal:
    return Refusal(answer(status, message, code))


def unauthorized() -> Refusal:
    """As the older routes say it."""
    return Refusal(reply({"success": False, "error": MESSAGES[401], "errorCode": 401}, 401))


def unhooked(status: int, **errors: str) -> Refusal:
    """As the routes of webhooks say it, field by field."""
    body = {"status": "error", "success": False, "errors": {name: [message] for name, message in errors.items()}}
    return Refusal(reply(body, status))


def blocked() -> Refusal:
    return Refusal(HTMLResponse(BLOCK, 403))
