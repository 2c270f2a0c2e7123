"""What becomes of a push that did not arrive: tried again later, or not again; and whose fault it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from runner.engine.trouble import backoff, is_passing, until, words
from runner.errors import (
    FileAway,
    PartnerError,
    PartnerUnavailable,
    PushError,
    RateLimited,
    RunnerError,
    UnexpectedResponse,
)
from runner.model.circuit import Circuit
from runner.model.push import Push

MOST_ATTEMPTS = 8
"""Tries of a push that breaks in a way that nobody foresaw."""
MOST_TRIES = 20
"""Tries of a push at which the destination breaks, while others arrive."""


@dataclass(frozen=True)
class Setback:
    """`is_final`: not again. Else again at `due_at`; with `stops` all else waits too. `is_unavailable`: it counts for
    the circuit. `is_refusal`: the destination is there, and said no. `spread` is from 0 to 1 and the same for the same
    try."""

    push: Push
    error: Exception
    note: str
    reason: str
    said: str | None
    is_final: bool
    is_unavailable: bool
    is_refusal: bool
    stops: bool
    due_at: datetime
    spread: float


def setback(push: Push, error: Exception, circuit: Circuit, now: datetime) -> Setback:
    """What an error means for the push that met it."""
    away = isinstance(error, FileAway)  # no trouble of the destination's
    passing, unavailable = is_passing(error) and not away, isinstance(error, PartnerUnavailable) and not away
    spread = crc32(f"{push.id}:{push.attempts}".encode()) / 2**32
    due = until(error, push.attempts, now) if passing or away else now + backoff(push.attempts)
    return Setback(
        push=push,
        error=error,
        note=words(error),
        reason=reason_of(error),
        said=_told(error),
        is_final=_is_final(push, error, passing=passing, unavailable=unavailable, circuit=circuit),
        is_unavailable=unavailable,
        is_refusal=isinstance(error, UnexpectedResponse) and error.status is not None and 400 <= error.status < 500,
        stops=passing and not unavailable,
        due_at=due if isinstance(error, RateLimited) else _later(now, due - now, spread),
        spread=spread,
    )


def reason_of(error: Exception) -> str:
    """An error in a word, by which those alike are counted: the status of a partner's answer, else its code."""
    if not isinstance(error, RunnerError):
        return "bug"
    cause = _cause(error)
    if isinstance(cause, PartnerError) and cause.status is not None and 300 <= cause.status < 600:
        return f"answer-{cause.status}"
    return error.code


def _told(error: BaseException | None) -> str | None:
    """The destination's own words."""
    cause = _cause(error)
    return (cause.words or None) if isinstance(cause, PartnerError) else None


def _cause(error: BaseException | None) -> BaseException | None:
    """The error of the destination, where a push failed for one."""
    return error.__cause__ if isinstance(error, PushError) else error


def _is_final(push: Push, error: Exception, *, passing: bool, unavailable: bool, circuit: Circuit) -> bool:
    if unavailable:
        return push.attempts + 1 >= MOST_TRIES and circuit.opened_at is None
    if passing:
        return False
    is_said = isinstance(error, RunnerError) and not isinstance(error, FileAway)
    return is_said or push.attempts + 1 >= MOST_ATTEMPTS


def _later(now: datetime, pause: timedelta, spread: float) -> datetime:
    """Up to a quarter later than need be, so that what failed together does not come back together."""
    return now + pause * (1 + spread / 4)
