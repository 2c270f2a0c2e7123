"""What every act of the demo needs: the world, a voice, and the patience to wait until all is quiet."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from runner.authoring.simulate.outbox import WebhookAttempt
from runner.cli.demo_world import World
from runner.model.event import EventState
from runner.model.push import PushState
from runner.model.run import SyncRun
from runner.store import events, push_table, runs, wakeups

COMPANY = "Sample Plumbing"
OPEN = ("Scheduled", "InProgress", "Dispatched")
"""Jobs that are still to be done, in ServiceTitan's words."""
LOOK = 0.2
SOON = 5.0
"""A wake-up that is due within so many seconds is waited for; one for next week is not."""


@dataclass
class Stage:
    """
    Remembers what the outside saw: the answers to webhooks, by status and by what they were.

    Attributes:
        moments: figures of one moment, by what they count: what the database said then, and what the partners did.
    """

    world: World
    say: Callable[[str], None]
    patience: float
    attempts: list[WebhookAttempt] = field(default_factory=list)
    knocks: Counter[int] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)
    moments: dict[str, tuple[object, object]] = field(default_factory=dict)
    again_at: datetime | None = None
    writes_before_last: int = 0
    writes_after_last: int = 0
    began: float = field(default_factory=time.monotonic)

    def writes(self) -> int:
        """Calls by which something was changed at the host."""
        return sum(count for label, count in self.world.companycam.calls.items() if not label.startswith("GET"))

    async def quiet(self, away: str = "") -> None:
        """Wait until nothing is due any more, telling of every run that ends meanwhile; what goes to a destination that
        is `away` is not waited for."""
        while busy := await self.world.house.store.database.read(lambda c: _busy(c, self.world.clock.now(), away)):
            await self._tell_runs()
            if time.monotonic() - self.began > self.patience:
                self.left.append(f"not done after {self.patience:.0f} s: {busy}")
                break
            await asyncio.sleep(LOOK)
        await self._tell_runs()

    async def _tell_runs(self) -> None:
        names = {one: name for name, one in self.ids.items()}
        for run in reversed(await self.world.house.store.database.read(self.runs_so_far)):
            if run.id not in self.told and run.ended_at is not None:
                self.told.add(run.id)
                made, name = run.counts, f"{names.get(run.integration_id, '')} {run.sync}"
                counts = f"{made.seen} seen, {made.created} new, {made.changed} changed, {made.unchanged} unchanged"
                self.say(f"  {name:<38} {run.state.value}: {counts}{f'; {run.error}' if run.error else ''}")

    @staticmethod
    def runs_so_far(connection: Connection) -> list[SyncRun]:
        """All runs of syncs that the database knows."""
        return runs.find(connection, limit=1000)

    async def api(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """A call of the host's backend."""
        key = self.world.settings.api_keys[0].reveal()
        answer = await self.world.browser.request(method, path, json=body, headers={"Authorization": f"Bearer {key}"})
        answer.raise_for_status()
        return answer.json()


def _busy(connection: Connection, now: datetime, away: str) -> str:
    """What is still to be done soon; empty when nothing is."""
    knocks, waiting = wakeups.wakeups.c, push_table.pushes.c
    due = select(func.count()).where((knocks.state == "running") | (knocks.run_at <= now + timedelta(seconds=SOON)))
    pending = select(func.count()).where(waiting.state == PushState.PENDING, waiting.destination != away)
    counts = {
        "wake-ups": connection.scalar(due) or 0,
        "events": events.counts(connection)[EventState.PENDING],
        "pushes": connection.scalar(pending) or 0,
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
