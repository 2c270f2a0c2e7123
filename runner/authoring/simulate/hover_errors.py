"""
How Hover says no.

Sources: developers.hover.to/docs/api-usage-and-limits and /reference/multi-structure-test-jobs, which shows
`{"error": {"job": "..."}}`; the general form of errors is unverified.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from runner.authoring.simulate.answers import Refusal, reply

MESSAGES: Mapping[int, str] = {
    401: "The access token is invalid or expired",
    404: "Not found",
    408: "Request timed out",
    429: "Rate Limit Exceeded",
}


def answer(status: int, message: str = "") -> Response:
    said = message or MESSAGES.get(status, "Something went wrong")
    return reply({"error": {"job": said} if status == 422 else said}, status)


def refusal(status: int, message: str = "") -> Refusal:
    return Refusal(answer(status, message))
