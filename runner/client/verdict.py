"""What an answer comes to: how long to wait for the next try, or which error to raise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from urllib.parse import unquote, urlsplit

from runner.components.waits.base import Retry
from runner.components.waits.header import HeaderWait
from runner.connector.http import ErrorRule
from runner.errors import (
    AuthenticationError,
    PartnerError,
    PartnerUnavailable,
    RecordSkipped,
    ResyncNeeded,
    UnexpectedResponse,
)
from runner.model.http import Response
from runner.model.secret import DOTS, Secret

_RETRY_AFTER = HeaderWait(type="header")
LONGEST_PATH = 200
ASTRAY = "see whether the environment's addresses and the path are right"


def is_limit(response: Response, rule: ErrorRule | None) -> bool:
    """Whether the partner says: not so fast. That is 429, or any answer below 500 that is to be tried again."""
    tried_again = rule is not None and rule.do == "retry" and response.status < 500 and response.status != 408
    return response.status == 429 or tried_again


def may_be_done(found: Response | PartnerUnavailable, rule: ErrorRule | None, own: Iterable[ErrorRule]) -> bool:
    """Whether the partner may have done what it was asked for, though the answer is not a good one.

    Nothing came back after it was sent; a server failed on the way (503 alone says that it did not begin); or it
    answers 2xx with an error that `own`, the rules of the call itself, do not know.
    """
    if isinstance(found, PartnerUnavailable):
        return found.sent
    if rule is not None and rule.do == "fail" and found.status < 300:
        return rule not in own
    return found.status == 408 or (found.status >= 500 and found.status != 503)


def pause(
    response: Response,
    rule: ErrorRule,
    attempt: int,
    now: datetime,
    retry: Retry,
    random: Callable[[], float],
) -> float:
    """Seconds until the next try: what the rule says, else Retry-After, else the backoff."""
    waits = (rule.wait, _RETRY_AFTER) if rule.wait else (_RETRY_AFTER,)
    for wait in waits:
        seconds = wait.seconds(response, attempt, now, retry, random)
        if seconds is not None:
            return seconds
    return retry.pause(attempt, random)


def failure(where: str, response: Response, rule: ErrorRule, words: str, called: str = "") -> PartnerError:
    """The error for an answer that is not tried again; `called` is the address, where that helps."""
    text = f"{where} answers {response.status}"
    text += f": {words}" if words else ""
    text += f" [{called}]" if called else ""
    error = _error(text, response.status, rule, response)
    error.words = words
    return error


def _error(text: str, status: int, rule: ErrorRule, response: Response) -> PartnerError:
    if rule.do == "skip_record":
        return RecordSkipped(_with(text, rule.remedy), status=status)
    if rule.do == "full_resync":
        return ResyncNeeded(_with(text, rule.remedy), status=status)
    if rule.do == "refresh_token":
        return AuthenticationError(
            _with(text, rule.remedy or "the new token is refused too: connect again"), status=status
        )
    if rule.do == "fail_integration":
        return AuthenticationError(_with(text, rule.remedy), status=status, code="integration-refused")
    remedy = rule.remedy or (ASTRAY if is_astray(response) else None)
    return UnexpectedResponse(_with(text, remedy), status=status)


def is_astray(response: Response) -> bool:
    """Whether the answer may mean that the address called is not the right one."""
    return 300 <= response.status < 400 or response.status in (404, 405)


def address(method: str, response: Response, secrets: Iterable[Secret]) -> str:
    """What was called, as `GET api.example.com/v2/jobs`: without the query, and with secrets in the path replaced."""
    parts = urlsplit(response.url)
    path = unquote(parts.path)
    port = f":{parts.port}" if parts.port else ""
    shown = without_secrets(path if path.isprintable() else parts.path, secrets)
    return f"{method} {parts.hostname}{port}{shown[:LONGEST_PATH]}"


def without_secrets(text: str, secrets: Iterable[Secret]) -> str:
    """A partner's own words, with whatever secret it repeats in them replaced."""
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), DOTS)
    return text


def _with(text: str, remedy: str | None) -> str:
    return f"{text} ({remedy})" if remedy else text
