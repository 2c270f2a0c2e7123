"""What a limiter was granted and has not used yet: permits for one sort of call, that lapse."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from runner.client.line import Rank, due
from runner.components.ratelimits.base import Asked, RateLimit


@dataclass(frozen=True)
class Claim:
    """One limit that a call falls under, and the key of the state that it shares with others."""

    limit: RateLimit
    key: str


@dataclass(frozen=True)
class Grant:
    """What was asked of each limit and granted, for calls up to `until` (unix seconds)."""

    claims: Sequence[Claim]
    asked: Sequence[Asked]
    until: float
    calls: int

    def each(self, calls: int) -> list[tuple[Claim, Asked]]:
        """The same of so many calls, limit by limit."""
        return [(claim, replace(one, calls=calls)) for claim, one in zip(self.claims, self.asked, strict=True)]


@dataclass(eq=False)
class Party:
    """The calls of one integration and rank. What it waits for after its turn comes after what others wait for."""

    rank: Rank
    served_at: float = 0.0


@dataclass(eq=False)
class Waiter:
    """Whoever waits for one sort of call. `since` is when the wait began, None where nobody waits; after `until` it
    counts no more."""

    name: str
    party: Party
    since: float | None = None
    until: float = 0.0

    def due(self, now: float) -> float:
        """Its place in the order of all that wait."""
        since = now if self.since is None or now > self.until else max(self.since, self.party.served_at)
        return due(since, self.party.rank)

    def wait(self, now: float, until: float) -> None:
        """Begin to wait, or go on."""
        self.since = now if self.since is None or now > self.until else self.since
        self.until = until


@dataclass(frozen=True)
class Permit:
    """One call may be made. `waited` is how many seconds it took to get."""

    grant: Grant
    endpoint: str
    waited: float


@dataclass(eq=False)
class Pool:
    """The permits of one process for one sort of call of one integration: the same limits, endpoint and rank.

    `wanting` is how many calls wait for a permit; `blocked_until` when the limits have room again, as far as is known.
    """

    waiter: Waiter
    keys: frozenset[str]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    grant: Grant | None = None
    left: int = 0
    wanting: int = 0
    blocked_until: float = 0.0
    used: int = 0

    def live(self, now: float) -> int:
        """How many permits are left that have not lapsed."""
        return self.left if self.grant is not None and now <= self.grant.until else 0

    def is_idle(self, now: float) -> bool:
        """Whether nobody would miss it."""
        return not self.wanting and not self.left and now > max(self.blocked_until, self.waiter.until)

    def wish(self, now: float) -> int:
        """How many to ask for: as many as calls wait, or were made with the last grant; twice as many where that was
        used up before its time."""
        spent = self.grant is not None and self.left == 0 and now <= self.grant.until
        return max(self.wanting, self.used * 2 if spent else self.used, 1)

    def take(self) -> Grant:
        """Use one of those that are left."""
        assert self.grant is not None  # there is one left
        self.left -= 1
        self.used += 1
        return self.grant

    def fill(self, grant: Grant) -> None:
        """Take in what was granted; what was left before has been given back."""
        self.grant, self.left, self.blocked_until, self.used = grant, grant.calls, 0.0, 0

    def empty(self) -> list[tuple[Claim, Asked]]:
        """Give up what is left: what each limit gets back."""
        left, self.left = self.left, 0
        return self.grant.each(left) if self.grant is not None and left else []
