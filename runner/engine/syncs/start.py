"""What a walk begins with: anew, or where a killed one stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from runner.connector.sync import Sync
from runner.model.run import Checkpoint


@dataclass(frozen=True)
class Start:
    """What a walk begins with; kept in the checkpoint, so that a killed walk goes on with the very same.

    `scope` is what templates read (`checkpoint`, `window`); `page` the variables of the next page, None for the first;
    `newest` the latest cursor seen so far; `saved_at` when the last complete walk began. One that goes on `beside` a
    full pass leaves the place of that alone.
    """

    full: bool
    began_at: datetime
    scope: dict[str, Any]
    run_id: str
    page: dict[str, Any] | None = None
    newest: str | None = None
    unbroken: bool = True
    saved_at: datetime | None = None
    beside: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the walk meets everything that the partner has."""
        return self.full and self.unbroken

    def progress(self, page: dict[str, Any], newest: str | None) -> dict[str, Any]:
        """What to store so that `started` finds its way: where the next page starts."""
        return {
            "full": self.full,
            "began_at": self.began_at.isoformat(),
            "scope": self.scope,
            "run_id": self.run_id,
            "page": page,
            "newest": newest,
        }


def started(sync: Sync, checkpoint: Checkpoint, now: datetime, full: bool) -> Start:
    """The walk that a checkpoint was saved in the middle of; else, or if it is not `full` where that is asked for, a
    new one."""
    kept = _resumed(checkpoint)
    return kept if kept is not None and (kept.full or not full) else begun(sync, checkpoint, now, full)


def _resumed(checkpoint: Checkpoint) -> Start | None:
    """The walk that a checkpoint was saved in the middle of."""
    kept = checkpoint.progress
    if kept is None:
        return None
    began_at = datetime.fromisoformat(kept["began_at"])
    own = (kept["full"], began_at, kept["scope"], kept["run_id"], kept["page"], kept["newest"])
    return Start(*own, unbroken=False, saved_at=checkpoint.saved_at)


def begun(sync: Sync, checkpoint: Checkpoint, now: datetime, full: bool) -> Start:
    """A new walk: full when it is asked for, when it is the first, when the last full pass is long ago, or when the
    partner reaches no longer as far back as the checkpoint."""
    last = checkpoint.last_full_at
    overdue = sync.full is not None and (last is None or now - last >= sync.full.every)
    is_told = sync.incremental is not None and sync.incremental.is_told
    is_first = last is None and (checkpoint.value is None or not is_told)
    is_full = full or overdue or sync.incremental is None or is_first or _is_spent(sync, checkpoint, now)
    return fresh(sync, checkpoint, now, is_full)


def fresh(sync: Sync, checkpoint: Checkpoint, now: datetime, is_full: bool) -> Start:
    """A new walk of that sort."""
    asked_by = sync.asked_by(is_full)
    scope: dict[str, Any] = {"checkpoint": None, "window": {}}
    if asked_by is not None:
        scope = asked_by.begin(checkpoint.value, now, is_full)
    return Start(is_full, now, scope, uuid4().hex, saved_at=checkpoint.saved_at)


def _is_spent(sync: Sync, checkpoint: Checkpoint, now: datetime) -> bool:
    if sync.incremental is None or checkpoint.value is None:
        return False
    return sync.incremental.is_spent(checkpoint.value, checkpoint.saved_at, now)
