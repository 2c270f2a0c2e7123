"""How an error of ours becomes an answer of the API: `{"error": {"code", "message", "remedy"}}`.

Beside them stand `fields`, of an input that is wrong, and `partner`, its own words and status, where it said why.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runner.errors import (
    ActionRefused,
    AlreadyExists,
    AuthenticationError,
    BadInput,
    ConnectorError,
    CredentialUnreadable,
    FileUnreadable,
    KeyReused,
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
    (KeyReused, 422),
    (ActionRefused, 422),
    (SettingsError, 422),
    (AuthenticationError, 422),
    (RateLimited, 503),
    (StoreUnavailable, 503),
    (CredentialUnreadable, 503),
    (PartnerError, 502),
    (PushError, 422),
    (FileUnreadable, 422),
    (ConnectorError, 500),
)
"""The first that fits decides; what is not listed is 500."""

_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}
_DOCUMENT = "see /api/openapi.json"
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
    """The answer to any error of ours. Of several problems each keeps its remedy beside it."""
    assert isinstance(error, RunnerError)
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    message, remedy = split(error)
    return told(status, error.code, message, remedy, **_beside(error))


def _beside(error: RunnerError) -> dict[str, Any]:
    """What programs read of it, beside the message."""
    if isinstance(error, BadInput) and error.flaws:
        return {"fields": [{"field": where, "message": words} for where, words in error.flaws]}
    if isinstance(error, PartnerError) and error.words:
        return {"partner": {"status": error.status, "words": error.words}}
    return {}


def http_answer(request: Request, error: Exception) -> Response:
    """The answer where there is no such address, or not with that method."""
    assert isinstance(error, HTTPException)
    code = "no-such-address" if error.status_code == 404 else "not-allowed"
    answer = told(error.status_code, code, f"{request.method} {request.url.path}: {error.detail}", _DOCUMENT)
    answer.headers.update(error.headers or {})
    return answer


def broken_answer(_: Request, __: Exception) -> Response:
    """The answer to what nobody foresaw; the framework logs it."""
    return told(500, "internal-error", "something broke here", "the log of the runner has the details")


def told(status: int, code: str, message: str, remedy: str = "", **beside: Any) -> Response:
    """One error as JSON."""
    headers = {"Cache-Control": "no-store"} | _HEADERS.get(status, {})
    return JSONResponse({"error": {"code": code, "message": message, "remedy": remedy, **beside}}, status, headers)


def split(error: RunnerError) -> tuple[str, str]:
    """The message and the remedy, with which messages end in parentheses or after a semicolon."""
    text = str(error)
    if isinstance(error, SettingsError) and len(error.problems) > 1:
        return text, "mend each of them"
    if isinstance(error, BadInput) and error.flaws:
        return text, "mend what `fields` names; `GET /api/integrations/{id}/actions` has what the action takes"
    if isinstance(error, ActionRefused):
        return text, "mend what the partner refuses, and ask with a new key: this one tells the same again"
    found = _REMEDY.search(text)
    if found:
        return text[: found.start()], found.group(1)
    message, semicolon, remedy = text.rpartition("; ")
    return (message, remedy) if semicolon else (text, "")
