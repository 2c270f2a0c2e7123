"""What runs when: the plans of syncs, by the moment at which each is due."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b

from runner.connector.schedule import Schedule


@dataclass(frozen=True)
class Plan:
    """When a sync of an integration runs. Its slots are the same on every node, and its own."""

    integration_id: str
    sync: str
    schedule: Schedule

    @property
    def of(self) -> tuple[str, str]:
        """The integration and its sync."""
        return self.integration_id, self.sync

    @cached_property
    def key(self) -> str:
        return f"sync:{self.integration_id}:{self.sync}"

    @cached_property
    def number(self) -> int:
        """Different for every plan, so that they do not all fire at once."""
        return int.from_bytes(blake2b(self.key.encode(), digest_size=4).digest(), "big")

    def last_slot(self, now: datetime) -> datetime:
        """The latest slot that has passed."""
        return self.schedule.last(now, self.number)

    def next_slot(self, now: datetime) -> datetime:
        """The first slot after now."""
        return self.schedule.next(now, self.number)


class Agenda:
    """The plans that fire, each at its next slot."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}
        self._slots: dict[str, datetime] = {}
        self._queue: list[tuple[datetime, str]] = []

    @property
    def plans(self) -> list[Plan]:
        """What fires now, by key."""
        return [self._plans[key] for key in sorted(self._plans)]

    def missing(self, wanted: Iterable[Plan]) -> list[Plan]:
        """Those that do not fire yet; others than the wanted fire no more."""
        there = {plan.key: plan for plan in wanted}
        self._plans = {key: plan for key, plan in self._plans.items() if there.get(key) == plan}
        return [plan for key, plan in there.items() if key not in self._plans]

    def add(self, plans: Iterable[Plan], now: datetime) -> None:
        """Let them fire from their next slots on."""
        for plan in plans:
            self._plans[plan.key] = plan
            self._slots[plan.key] = slot = plan.next_slot(now)
            heapq.heappush(self._queue, (slot, plan.key))

    def due(self, now: datetime) -> list[tuple[Plan, datetime]]:
        """The plans whose slot has come since this was last asked, each once, with the latest of its slots."""
        found = []
        while self._queue and self._queue[0][0] <= now:
            slot, key = heapq.heappop(self._queue)
            if key in self._plans and self._slots.get(key) == slot:
                del self._slots[key]
                found.append(self._plans[key])
        self.add(found, now)
        return [(plan, plan.last_slot(now)) for plan in found]
