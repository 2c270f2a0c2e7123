"""Keeps partners' limits: several at once, the longest wait wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.components.ratelimits.base import RateLimit
from runner.errors import RateLimited
from runner.model.clock import Clock
from runner.model.http import Response

PATIENCE = 60.0  # seconds that a call waits by itself; beyond that its worker comes back later


@dataclass(frozen=True)
class Claim:
    """One limit that a call falls under, and the key of the state that it shares with others."""

    limit: RateLimit
    key: str


class Limiter:
    """Holds the states of all limits of this process, in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._states: dict[str, dict[str, Any]] = {}

    async def admit(self, claims: Sequence[Claim], endpoint: str, patience: float = PATIENCE) -> float:
        """Wait until all limits admit the call, and charge them; returns the seconds waited.

        Raises RateLimited, with nothing charged, when the wait would be longer than `patience`.
        """
        waited = 0.0
        while wait := self._try(claims, endpoint):
            if waited + wait > patience:
                raise RateLimited(f"the limits of `{endpoint}` leave no room for {wait:.0f} s", wait=wait)
            await self._clock.sleep(wait)
            waited += wait
        return waited

    def release(self, claims: Sequence[Claim]) -> None:
        """An admitted call has ended, with or without an answer."""
        for claim in claims:
            claim.limit.release(self._state(claim))

    def learn(self, claims: Sequence[Claim], endpoint: str, response: Response) -> None:
        """Take over what an answer says about the limits. Before `release`."""
        now = self._clock.now().timestamp()
        for claim in claims:
            claim.limit.learn(self._state(claim), now, response, endpoint)

    def penalise(self, claims: Sequence[Claim], seconds: float) -> None:
        """The partner said: not so fast. Whoever shares these limits waits."""
        until = self._clock.now().timestamp() + seconds
        for claim in claims:
            claim.limit.penalise(self._state(claim), until)

    def _try(self, claims: Sequence[Claim], endpoint: str) -> float:
        """0.0, and all are charged; or the longest wait, and none is."""
        now = self._clock.now().timestamp()
        tried = [(claim, dict(self._state(claim))) for claim in claims]
        waits = [claim.limit.admit(state, now, claim.limit.cost_of(state, endpoint)) for claim, state in tried]
        longest = max(waits, default=0.0)
        if not longest:
            self._states.update((claim.key, state) for claim, state in tried)
        return longest

    def _state(self, claim: Claim) -> dict[str, Any]:
        return self._states.setdefault(claim.key, {})
