"""A destination's circuit breaker: after so many tries in vain nothing goes out to it, but for a trial now and then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

ENOUGH = 5
"""Tries in vain, one after the other, that open a circuit."""
FIRST = timedelta(minutes=1)
MOST = timedelta(minutes=15)


class CircuitState(StrEnum):
    """`closed`: pushes go out. `open`: none does. `half_open`: one may, to see whether the destination is back."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class Circuit:
    """What is known of a destination: `failures` in a row since something last arrived, since when it is open, when the
    next trial may be made, and what went wrong last. `free_at` is when its own rate lets the next push go."""

    destination: str
    failures: int = 0
    opened_at: datetime | None = None
    trial_at: datetime | None = None
    note: str | None = None
    free_at: datetime | None = None

    def state(self, now: datetime) -> CircuitState:
        """How it stands at a moment."""
        if self.opened_at is None or self.trial_at is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if now < self.trial_at else CircuitState.HALF_OPEN

    def failed(self, now: datetime, note: str, spread: float) -> Circuit:
        """After a try in vain. The pause doubles from one minute to fifteen and is up to a quarter longer by `spread`
        (0 to 1), so that destinations that fell together are not tried together."""
        failures = self.failures + 1
        if failures < ENOUGH:
            return replace(self, failures=failures, note=note)
        pause = min(FIRST * float(2 ** min(failures - ENOUGH, 10)), MOST) * (1 + spread / 4)
        return replace(self, failures=failures, opened_at=self.opened_at or now, trial_at=now + pause, note=note)

    def worked(self) -> Circuit:
        """After something arrived: as if nothing had been."""
        return replace(self, failures=0, opened_at=None, trial_at=None, note=None)

    def paced(self, free_at: datetime) -> Circuit:
        """With another moment at which the next push may go."""
        return replace(self, free_at=free_at)
