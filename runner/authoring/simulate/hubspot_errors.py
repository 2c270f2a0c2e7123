"""
How HubSpot says no.

Sources: developers.hubspot.com error-handling and usage-guidelines; the Error schema of the official OpenAPI files. The
category names of a 401 are unverified.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from runner.authoring.simulate.answers import Refusal, reply
from runner.authoring.simulate.table import Row

CATEGORIES: Mapping[int, str] = {
    400: "VALIDATION_ERROR",
    401: "INVALID_AUTHENTICATION",
    403: "MISSING_SCOPES",
    404: "OBJECT_NOT_FOUND",
    409: "CONFLICT",
    414: "VALIDATION_ERROR",
    423: "LOCKED",
}
LIMITS: Mapping[str, str] = {
    "TEN_SECONDLY_ROLLING": "You have reached your ten_secondly_rolling limit.",
    "SECONDLY": "You have reached your secondly limit.",
    "DAILY": "You have reached your daily limit.",
}
MOVING = 3600


class Errors:
    """Error bodies; each has a correlation id of its own."""

    def __init__(self, uuid: Callable[[], str]) -> None:
        self._uuid = uuid

    def body(self, status: int, message: str, *details: Row, category: str = "", **more: Any) -> Row:
        """
        Args:
            details: `errors`, each with message, code and context.
            more: further members, such as `subCategory`.
        """
        said = {"status": "error", "message": message, "correlationId": self._uuid()}
        errors = {"errors": list(details)} if details else {}
        return {**said, "category": category or CATEGORIES.get(status, "INTERNAL_ERROR"), **errors, **more}

    def answer(self, status: int, message: str, *details: Row, category: str = "", **more: Any) -> Response:
        headers = {"Retry-After": str(MOVING)} if status == 477 else None
        return reply(self.body(status, message, *details, category=category, **more), status, headers)

    def refusal(self, status: int, message: str, *details: Row, category: str = "", **more: Any) -> Refusal:
        return Refusal(self.answer(status, message, *details, category=category, **more))

    def limited(self, policy: str) -> Response:
        """A 429: nothing promises a `Retry-After`."""
        body = {
            "status": "error",
            "message": LIMITS[policy],
            "errorType": "RATE_LIMIT",
            "correlationId": self._uuid(),
            "policyName": policy,
            "requestId": self._uuid(),
        }
        return reply(body, 429)


def detail(code: str, message: str, **context: str) -> Row:
    """One of the `errors` of a body."""
    return {"message": message, "code": code, "context": {name: [value] for name, value in context.items()}}
