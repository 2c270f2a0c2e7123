"""
How Housecall Pro says no: five shapes of one thing.

Sources: the vendor's OpenAPI as described in public, live probes reported in public. Which shape goes with 403, 410 and
429 is this simulation's choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from runner.authoring.simulate.answers import Refusal, reply

WORDS: Mapping[int, str] = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    410: "Gone",
    429: "Too many requests",
    500: "Internal server error",
    503: "Service unavailable",
}


def error(status: int, message: str = "") -> Response:
    said = message or WORDS.get(status, "Something went wrong")
    if status in {404, 410}:
        return reply({"error": {"message": said}}, status)
    if status in {403, 500, 503}:
        return reply({"error": said}, status)
    return reply({"message": said}, status)


def refusal(status: int, message: str = "") -> Refusal:
    return Refusal(error(status, message))


def lacking(message: str, attributes: Sequence[str]) -> Refusal:
    """400: what a request must have."""
    return Refusal(reply({"message": message, "attr": list(attributes)}, 400))


def invalid(field: str, why: str = "is invalid") -> Refusal:
    """422: what a field cannot be."""
    return Refusal(reply({"errors": {field: [why]}}, 422))
