"""How an error of ours becomes an answer of the API: `{"error": {"code", "message", "remedy"}}`."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runner.errors import (
    AlreadyExists,
    AuthenticationError,
    ConnectorError,
    NotFound,
    PartnerError,
    PushError,
    RateLimited,
    RunnerError,
    SettingsError,
    StoreUnavailable,
)

STATUSES: tuple[tuple[type[RunnerError], int], ...] = (
    (NotFound, 404),
    (AlreadyExists, 409),
    (SettingsError, 422),
    (AuthenticationError, 422),
    (RateLimited, 503),
    (StoreUnavailable, 503),
    (PartnerError, 502),
    (PushError, 422),
    (ConnectorError, 500),
)
"""The first that fits decides; what is not listed is 500."""

_REMEDY = re.compile(r"\s*\(([^()]+)\)\s*$")


class Problem(Exception):
    """Raised by a handler: the request itself is not as it should be."""

    def __init__(self, status: int, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.remedy = remedy


def problem_answer(_: Request, error: Exception) -> Response:
    """The answer to a Problem."""
    assert isinstance(error, Problem)
    return told(error.status, error.code, error.message, error.remedy)


def runner_answer(_: Request, error: Exception) -> Response:
    """The answer to any error of ours; its last sentence, where it says what to do, is the remedy."""
    assert isinstance(error, RunnerError)
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    message, remedy = _split(str(error))
    return told(status, error.code, message, remedy)


def told(status: int, code: str, message: str, remedy: str = "") -> Response:
    """One error as JSON."""
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "5"} if status == 503 else {})
    return JSONResponse({"error": {"code": code, "message": message, "remedy": remedy}}, status, headers)


def _split(text: str) -> tuple[str, str]:
    """Messages end with their remedy, in parentheses or after a semicolon."""
    found = _REMEDY.search(text)
    if found:
        return text[: found.start()], found.group(1)
    message, semicolon, remedy = text.rpartition("; ")
    return (message, remedy) if semicolon else (text, "")
