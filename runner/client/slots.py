"""The slots that one process holds: taken from the ledger, and used by one call after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from runner.client import line
from runner.client.ledger import State
from runner.client.permits import Claim, Waiter
from runner.components.ratelimits import held
from runner.components.ratelimits.base import Asked


class Slots:
    """Free slots by the key of their limit. Those that wait here have a line of their own: who has waited longer is
    not overtaken by a call that finds a slot free."""

    def __init__(self) -> None:
        self._free: dict[str, int] = defaultdict(int)
        self._until: dict[str, float] = defaultdict(float)
        self._claims: dict[str, Claim] = {}
        self._lines: dict[str, State] = defaultdict(dict)
        self._wanted: dict[str, int] = {}
        self._used: set[str] = set()

    def are_free(self, waiter: Waiter, claims: Iterable[Claim], now: float) -> bool:
        """Whether there is one of each that the claims want, beside those of who waits longer."""
        keys = [claim.key for claim in claims if claim.limit.takes_slots]
        return all(now < self._until[key] and self._left(waiter, key, now) > 0 for key in keys)

    def set_aside(self, waiter: Waiter, claims: Iterable[Claim], calls: int, now: float) -> dict[str, int]:
        """Free slots for so many calls, by key: no other call takes them while the ledger is asked for the rest."""
        keys = [claim.key for claim in claims if claim.limit.takes_slots]
        aside = {key: min(self._left(waiter, key, now), calls) for key in keys}
        for key, number in aside.items():
            self._free[key] -= number
        return aside

    def spare(self, keys: Iterable[str]) -> dict[str, int]:
        """How many are free, by key."""
        return {key: self._free[key] for key in keys}

    def put_back(self, aside: Mapping[str, int]) -> None:
        """What was set aside."""
        for key, number in aside.items():
            self._free[key] += number

    def take_in(self, claims: Sequence[Claim], asked: Sequence[Asked]) -> None:
        """What the ledger granted."""
        for claim, one in zip(claims, asked, strict=True):
            if claim.limit.takes_slots:
                self._free[claim.key] += one.calls
                self._until[claim.key] = one.now + held.LONGEST / 2
                self._claims[claim.key] = claim

    def stand(self, waiter: Waiter, claims: Iterable[Claim], held_by: Collection[str], now: float) -> None:
        """The waiter waits for slots of these keys, and of no others."""
        for key in (claim.key for claim in claims if claim.limit.takes_slots):
            if key in held_by:
                line.stand(self._lines[key], waiter.name, waiter.due(now), 1, now, waiter.until)
            else:
                line.leave(self._lines[key], waiter.name)

    def use(self, waiter: Waiter, claims: Iterable[Claim]) -> None:
        """One of each."""
        for claim in claims:
            if claim.limit.takes_slots:
                self._free[claim.key] -= 1
                self._used.add(claim.key)
                line.leave(self._lines[claim.key], waiter.name)

    def want(self, wanted: Mapping[str, int]) -> None:
        """So many calls of other processes wait for a slot, by key: one for each becomes theirs."""
        self._wanted |= wanted

    def come_back(self, key: str) -> bool:
        """A call has ended: whether its slot is free for the next. If not, it is no longer ours."""
        if self._wanted.get(key, 0) > 0:
            self._wanted[key] -= 1
            return False
        self._free[key] += 1
        return True

    def idle(self) -> list[tuple[Claim, int]]:
        """Those that were not used since this was last asked; they are not ours any more."""
        idle = [key for key, free in self._free.items() if free > 0 and key not in self._used]
        return [(self._claims[key], self._free.pop(key)) for key in idle]

    def rest(self) -> bool:
        """Begin to watch which are used from now on; whether some that were used are free."""
        used = any(self._free.get(key, 0) > 0 for key in self._used)
        self._used.clear()
        return used

    def _left(self, waiter: Waiter, key: str, now: float) -> int:
        free = self._free[key]
        if free > 0 and self._lines[key].get("line"):
            free -= len(line.before(self._lines[key], waiter.name, waiter.due(now), now))
        return max(free, 0)
