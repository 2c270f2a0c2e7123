"""So many an hour for each of those who ask: what strangers can make us keep has an end."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)


class Allowance:
    """Counts in the memory of one process; each hour begins anew. Names are of what there is, never made up by
    strangers, so they are not many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._began: datetime | None = None
        self._taken: Counter[str] = Counter()

    def take(self, name: str, now: datetime) -> bool:
        """One more for `name`; False when it has had its share of this hour."""
        if self._began is None or not timedelta(0) <= now - self._began < _HOUR:
            self._began = now
            self._taken.clear()
        self._taken[name] += 1
        return self._taken[name] <= self._most
