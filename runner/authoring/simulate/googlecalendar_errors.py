"""
How Google Calendar says no: one shape, in which the reason decides and not the status.

Source: the guide to errors of the Calendar API; messages are its own where it has them.
"""

from __future__ import annotations

from starlette.responses import Response

from runner.authoring.simulate.answers import Refusal, reply
from runner.authoring.simulate.table import Row

SYNC_GONE = "Sync token is no longer valid, a full sync is required."


def error(
    status: int, reason: str, message: str, *, domain: str = "global", location: str = "", kind: str = "parameter"
) -> Response:
    """`location` is the parameter or header that is at fault, `kind` which of them it is."""
    one: Row = {"domain": domain, "reason": reason, "message": message}
    if location:
        one |= {"locationType": kind, "location": location}
    return reply({"error": {"errors": [one], "code": status, "message": message}}, status)


def refusal(status: int, reason: str, message: str, *, domain: str = "global", location: str = "") -> Refusal:
    return Refusal(error(status, reason, message, domain=domain, location=location))


def invalid(parameter: str, message: str = "") -> Refusal:
    return refusal(400, "invalid", message or f"Invalid value for: {parameter}", location=parameter)


def missing(what: str) -> Refusal:
    return refusal(400, "required", f"Missing required field: {what}", location=what)


def not_found() -> Refusal:
    return refusal(404, "notFound", "Not Found")


def full_sync() -> Refusal:
    return refusal(410, "fullSyncRequired", SYNC_GONE, domain="calendar", location="syncToken")


def limited(status: int, reason: str) -> Response:
    """Too many calls, of the project or of the user: 403 or 429 under the same reasons."""
    words = "User Rate Limit Exceeded" if reason.startswith("user") else "Rate Limit Exceeded"
    return error(status, reason, words, domain="usageLimits")


def unauthorized() -> Refusal:
    return Refusal(error(401, "authError", "Invalid Credentials", location="Authorization", kind="header"))


def insufficient() -> Refusal:
    """The names of reason and detail are unverified."""
    message = "Request had insufficient authentication scopes."
    one = {"domain": "global", "reason": "insufficientPermissions", "message": "Insufficient Permission"}
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
    }
    body = {"errors": [one], "code": 403, "message": message, "status": "PERMISSION_DENIED", "details": [detail]}
    return Refusal(reply({"error": body}, 403))
