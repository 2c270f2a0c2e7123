"""Requests that are turned away: all are counted, a few are kept for an hour, and no flood of them costs much."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta

from runner.errors import StoreError
from runner.model.event import Delivery
from runner.store.database import Database
from runner.store.rejections import Refusal, reject

MOST_WAITING = 64
"""Refusals that wait for the store at once; of what comes on top only the number is kept, and stored with the next."""
KEPT_A_MINUTE = 20
"""Requests kept by connector and reason, so that a flood does not push out what else went wrong."""
PATIENCE = 0.5
"""Seconds that an answer waits for its count to be stored; a store that is slower counts it all the same."""
_MINUTE = timedelta(minutes=1)


class Refusals:
    """Counts what is turned away. One for the house: whatever comes, it takes few places in the line of the writer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting = 0
        self._surplus: Counter[tuple[str, str]] = Counter()
        self._began: datetime | None = None
        self._kept: Counter[tuple[str, str]] = Counter()
        self._storing: set[asyncio.Task[None]] = set()

    async def note(self, delivery: Delivery, reason: str) -> None:
        """Count one, and keep it if few like it came this minute. StoreError when the store takes nothing now: then it
        is counted with the next. Waits no longer than half a second. `delivery` is without its secrets."""
        key, at = (delivery.connector, reason), delivery.received_at
        self._surplus[key] += 1
        if self._waiting >= MOST_WAITING:
            return
        storing = asyncio.create_task(self._store(self._next(at, reason, delivery if self._is_kept(key, at) else None)))
        self._storing.add(storing)
        storing.add_done_callback(self._look_at)
        if (await asyncio.wait((storing,), timeout=PATIENCE))[0]:
            storing.result()

    async def close(self) -> None:
        """Wait for what is being stored, though no answer waits for it any more."""
        await asyncio.gather(*self._storing, return_exceptions=True)

    def _next(self, at: datetime, reason: str = "", delivery: Delivery | None = None) -> Refusal:
        """One more in the line, with all that is not counted yet."""
        refusal = Refusal(Counter(self._surplus), at, reason, delivery)
        self._surplus.clear()
        self._waiting += 1
        return refusal

    async def _store(self, refusal: Refusal) -> None:
        """Store it, and then what came on top meanwhile."""
        await self._append(refusal)
        if self._surplus and not self._waiting:
            await self._append(self._next(refusal.at))

    async def _append(self, refusal: Refusal) -> None:
        try:
            await self._database.append(reject, refusal)
        except StoreError:
            self._surplus.update(refusal.counts)
            raise
        finally:
            self._waiting -= 1

    def _is_kept(self, key: tuple[str, str], at: datetime) -> bool:
        if self._began is None or not timedelta(0) <= at - self._began < _MINUTE:
            self._began = at
            self._kept.clear()
        self._kept[key] += 1
        return self._kept[key] <= KEPT_A_MINUTE

    def _look_at(self, storing: asyncio.Task[None]) -> None:
        """Perhaps nobody waits any more for what it says: what it was to count is counted with the next."""
        self._storing.discard(storing)
        if not storing.cancelled():
            storing.exception()
