"""What is new is asked for while a full pass goes on, which may take days: between two of its pages, on schedule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runner.components.incrementals.by_cursor import ByCursor
from runner.connector.sync import Sync
from runner.engine.syncs.start import Start, fresh
from runner.model.clock import Clock
from runner.model.run import Checkpoint
from runner.store.columns import utc_text


@dataclass
class Aside:
    """Asks when the schedule of the sync says so. `last` is when what is new was asked for last."""

    clock: Clock
    gap: timedelta
    last: datetime
    ask: Callable[[], Awaitable[None]]

    async def turn(self) -> None:
        """The pass has come to the end of a page."""
        now = self.clock.now()
        if now - self.last >= self.gap:
            self.last = now
            await self.ask()


def goes_aside(sync: Sync, start: Start) -> bool:
    """Whether what is new can be asked for beside this walk: tokens of a partner come with a full pass only."""
    return start.full and isinstance(sync.incremental, ByCursor)


def asking(sync: Sync, checkpoint: Checkpoint, full: Start, now: datetime) -> Start:
    """A walk for what is new since the last one, or since the full pass began."""
    since = Checkpoint(
        checkpoint.value or utc_text(full.began_at), None, full.began_at, checkpoint.saved_at or full.began_at
    )
    return replace(fresh(sync, since, now, False), beside=True)
