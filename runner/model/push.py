"""Records on their way out, and the ids that both sides remember."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class PushState(StrEnum):
    """`pending` is due; `waiting` needs a link that is not there yet; `done` has arrived; `failed` is spent; `skipped`
    was left out by the rule's condition."""

    PENDING = "pending"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Push:
    """One record for one destination by one delivery rule. `fingerprint` is of the input last sent and taken.

    `marks` counts how often the record was marked for pushing: a mark made while it is being sent is not lost. Of one
    that failed, `reason` is a word for why, and `said` what the partner said in its own words.
    """

    id: int
    rule: str
    integration_id: str
    kind: str
    external_id: str
    destination: str
    state: PushState
    attempts: int = 0
    retries: int = 0
    due_at: datetime | None = None
    fingerprint: str | None = None
    archived: bool = False
    note: str | None = None
    reason: str | None = None
    said: str | None = None
    updated_at: datetime | None = None
    marks: int = 1


@dataclass(frozen=True)
class Doubt:
    """What a creation set out to make, and when, whose outcome nobody knows yet."""

    input: dict[str, Any] = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class Link:
    """A partner's id and the host's id for one thing. `how`: `pushed`, `email`, or `manual`."""

    integration_id: str
    kind: str
    external_id: str
    destination: str
    host_id: str
    how: str
