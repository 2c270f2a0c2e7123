"""Requests that are turned away: all are counted, a few are kept for an hour, and no flood of them costs much."""

from __future__ import annotations

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
_MINUTE = timedelta(minutes=1)


class Refusals:
    """Counts what is turned away. One for the house: whatever comes, it takes few places in the line of the writer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting = 0
        self._surplus: Counter[tuple[str, str]] = Counter()
        self._began: datetime | None = None
        self._kept: Counter[tuple[str, str]] = Counter()

    async def note(self, delivery: Delivery, reason: str) -> None:
        """Count one, and keep it if few like it came this minute. StoreError when the store takes nothing now: then it
        is counted with the next. `delivery` is without its secrets."""
        key, at = (delivery.connector, reason), delivery.received_at
        self._surplus[key] += 1
        if self._waiting >= MOST_WAITING:
            return
        await self._store(Refusal(Counter(), at, reason, delivery if self._is_kept(key, at) else None))
        if self._surplus and not self._waiting:
            await self._store(Refusal(Counter(), at))

    async def _store(self, refusal: Refusal) -> None:
        """Store it with all that is not counted yet."""
        refusal.counts.update(self._surplus)
        self._surplus.clear()
        self._waiting += 1
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
