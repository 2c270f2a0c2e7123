"""One execution of a sync."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import add
from typing import Any


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Counts:
    """What became of the raw payloads of a run, and of the calls it made.

    `calls` are the tries that were answered, `limited` those answered 429 or the like, `retries` those after the first
    of a call. `bytes` counts bodies, decompressed. The seconds say what the run waited for limits and pauses, and how
    long fetching, mapping and storing took: the next page is fetched meanwhile, so their sum may be more than the run.
    `timeless` counts the payloads whose cursor is no time: they are stored, and no checkpoint moves on them.
    """

    pages: int = 0
    seen: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    stale: int = 0
    skipped: int = 0
    quarantined: int = 0
    calls: int = 0
    limited: int = 0
    deleted: int = 0
    retries: int = 0
    bytes: int = 0
    wait_seconds: float = 0.0
    fetch_seconds: float = 0.0
    map_seconds: float = 0.0
    store_seconds: float = 0.0
    timeless: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*map(add, vars(self).values(), vars(other).values()))


@dataclass(frozen=True)
class SyncRun:
    """`full` runs ignore the checkpoint. `progress` is the paginator's place, kept so that a killed run resumes."""

    id: str
    integration_id: str
    sync: str
    full: bool
    state: RunState
    started_at: datetime
    ended_at: datetime | None = None
    counts: Counts = field(default_factory=Counts)
    error: str | None = None


@dataclass(frozen=True)
class Checkpoint:
    """What a sync remembers. `value` is the last saved cursor (text of the partner's own form, or a token);
    `progress` is set in the middle of a walk: where the next page starts, and what the walk began with. `saved_at` is
    when the last complete walk began."""

    value: str | None = None
    progress: dict[str, Any] | None = None
    last_full_at: datetime | None = None
    saved_at: datetime | None = None
