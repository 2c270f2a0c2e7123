"""Keeps partners' limits: several at once, the longest wait wins, shared with whoever shares the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial

from runner.client.dues import Dues
from runner.client.ledger import Ledger, MemoryLedger, State
from runner.client.permits import Claim, Grant, Permit, Pool
from runner.components.ratelimits import held, sliding
from runner.components.ratelimits.base import Asked
from runner.errors import RateLimited
from runner.model.clock import Clock
from runner.model.http import Response
from runner.store.queue import worker_id

PATIENCE = 60.0  # seconds that a call waits by itself; beyond that its worker comes back later
LEEWAY = 0.5  # seconds beyond its patience for which no call is refused: they round to nothing
MOST = 64
"""Permits that are asked for at once, at the most."""


class Limiter:
    """Admits calls. Permits are taken from the ledger a few at a time, as many as calls wait or were made of late; what
    is not used soon lapses and is given back. What answers say of a limit, and which calls ended, the ledger is told
    with the next trade, or after its slack."""

    def __init__(self, clock: Clock, ledger: Ledger | None = None) -> None:
        self._clock = clock
        self._ledger = ledger or MemoryLedger()
        self._holder = worker_id()
        self._pools: dict[tuple[str, ...], Pool] = defaultdict(Pool)
        self._slots: dict[str, int] = defaultdict(int)
        self._slots_until: dict[str, float] = defaultdict(float)
        self._slots_of: dict[str, Claim] = {}
        self._slots_used: set[str] = set()
        self._dues = Dues(self._ledger)

    async def admit(
        self, claims: Sequence[Claim], endpoint: str, patience: float = PATIENCE, cost: float = 1
    ) -> Permit:
        """Wait until all limits admit the call, and charge them; `cost` is what the connector says it costs.

        Raises RateLimited, with nothing charged, when it would wait for longer than `patience` seconds and the leeway.
        """
        claims = list({claim.key: claim for claim in claims}.values())
        pool = self._pools[endpoint, *(claim.key for claim in claims)]
        waited = 0.0
        pool.wanting += 1
        try:
            while not self._is_ready(pool, claims):
                wait = await self._fill(pool, claims, endpoint, cost)
                if wait is None:
                    break
                if waited + wait > patience + LEEWAY:
                    raise RateLimited(_refusal(endpoint, waited, wait), wait=wait)
                await self._clock.sleep(wait)
                waited += wait
            self._use_slots(claims)
            return Permit(pool.take(), endpoint, waited)
        finally:
            pool.wanting -= 1

    def release(self, permit: Permit) -> None:
        """An admitted call has ended, with or without an answer."""
        now, grant = self._now(), permit.grant
        for claim, asked in grant.each(1):
            if claim.limit.takes_slots:
                self._slots[claim.key] += 1
                self._unblock(claim.key)
            else:
                self._dues.owe(claim.key, partial(claim.limit.release, asked=asked))
            if claim.limit.counts_late and now > grant.until:
                self._dues.owe(claim.key, partial(claim.limit.linger, since=asked.now, until=now))
        self._dues.tell_soon(self._give_back)

    def learn(self, permit: Permit, response: Response) -> None:
        """Take over what an answer says about the limits. Before `release`."""
        now = self._now()
        for claim in permit.grant.claims:
            lesson = claim.limit.lesson(response, now, permit.endpoint)
            if lesson is not None:
                self._dues.owe(claim.key, partial(claim.limit.learn, now=now, lesson=lesson))

    def penalise(self, claims: Iterable[Claim], seconds: float) -> None:
        """The partner said: not so fast. Whoever shares these limits waits."""
        until, keys = self._now() + seconds, {claim.key for claim in claims}
        for claim in claims:
            self._dues.owe(claim.key, partial(claim.limit.penalise, until=until))
        for names, pool in self._pools.items():
            if keys.intersection(names[1:]):
                self._empty(pool)
        self._dues.tell_soon(self._give_back, at_once=True)

    async def close(self) -> None:
        """Tell the ledger what it has to know, and give back what is not used: before a process ends."""
        for pool in self._pools.values():
            self._empty(pool)
        self._slots_used.clear()
        self._give_back()
        await self._dues.close()

    async def _fill(self, pool: Pool, claims: Sequence[Claim], endpoint: str, cost: float) -> float | None:
        """The seconds after which it is worth another try; None when there is a permit, which is to be taken at once:
        it may lapse this very moment."""
        async with pool.lock:
            now = self._now()
            if self._is_ready(pool, claims):
                return None
            if pool.blocked_until > now:
                return max(pool.blocked_until - now, sliding.GRAIN)
            grant, wait = await self._trade(pool, claims, endpoint, cost)
            if grant is None:
                pool.blocked_until = self._now() + wait
                return wait
            self._take_in(pool, grant)
            return None

    async def _trade(
        self, pool: Pool, claims: Sequence[Claim], endpoint: str, cost: float
    ) -> tuple[Grant | None, float]:
        calls = min(pool.wish(self._now()), MOST) if self._ledger.slack else 1
        self._empty(pool)
        keys = sorted(claim.key for claim in claims)
        pay, slots = self._dues.pay(keys), self._set_aside(claims, calls)
        hold = min((self._ledger.slack, *(claim.limit.patience for claim in claims)))

        def work(states: dict[str, State]) -> tuple[Grant | None, float]:
            states, left, now = pay(states), calls, self._now()
            while True:
                asked, wait = self._ask(states, claims, slots, endpoint, cost, left, now, hold)
                if not wait or left == 1:
                    break
                left //= 2
            granted = not wait
            return (Grant(claims, asked, now + hold, left) if granted else None), wait

        try:
            return await self._ledger.trade(keys, work)
        finally:
            for key, number in slots.items():
                self._slots[key] += number

    def _set_aside(self, claims: Sequence[Claim], calls: int) -> dict[str, int]:
        """Free slots for so many calls, by key: no other call takes them while the ledger is asked for the rest."""
        slots = {claim.key: min(self._slots[claim.key], calls) for claim in claims if claim.limit.takes_slots}
        for key, number in slots.items():
            self._slots[key] -= number
        return slots

    def _ask(
        self,
        states: dict[str, State],
        claims: Sequence[Claim],
        slots: dict[str, int],
        endpoint: str,
        cost: float,
        calls: int,
        now: float,
        hold: float,
    ) -> tuple[list[Asked], float]:
        """What is charged to the states when all limits admit so many calls; or nothing, and the longest wait."""
        asked, waits, tried = [], [0.0], {}
        for claim in claims:
            state = tried[claim.key] = dict(states[claim.key])
            number = max(calls - slots[claim.key], 0) if claim.limit.takes_slots else calls
            asked.append(Asked(now, claim.limit.cost_of(state, endpoint, cost), number, hold, self._holder))
            waits.append(claim.limit.admit(state, asked[-1]))
        if max(waits) > 0:
            return [], max(waits)
        for key, state in tried.items():
            states[key].update(state)
        return asked, 0.0

    def _take_in(self, pool: Pool, grant: Grant) -> None:
        for claim, asked in zip(grant.claims, grant.asked, strict=True):
            if claim.limit.takes_slots:
                self._slots[claim.key] += asked.calls
                self._slots_until[claim.key] = asked.now + held.LONGEST / 2
                self._slots_of[claim.key] = claim
        pool.fill(grant)

    def _is_ready(self, pool: Pool, claims: Sequence[Claim]) -> bool:
        now = self._now()
        slots = [claim.key for claim in claims if claim.limit.takes_slots]
        return pool.live(now) > 0 and all(self._slots[key] > 0 and now < self._slots_until[key] for key in slots)

    def _use_slots(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            if claim.limit.takes_slots:
                self._slots[claim.key] -= 1
                self._slots_used.add(claim.key)

    def _give_back(self) -> None:
        """Slots that were not used since this was last asked are for others."""
        idle = [key for key, free in self._slots.items() if free > 0 and key not in self._slots_used]
        for key in idle:
            asked = Asked(self._now(), calls=self._slots.pop(key), holder=self._holder)
            self._dues.owe(key, partial(self._slots_of[key].limit.release, asked=asked))
        used = any(self._slots.get(key, 0) > 0 for key in self._slots_used)
        self._slots_used.clear()
        if used:
            self._dues.tell_soon(self._give_back)

    def _empty(self, pool: Pool) -> None:
        for claim, asked in pool.empty():
            if not claim.limit.takes_slots:
                self._dues.owe(claim.key, partial(claim.limit.refund, asked=asked))

    def _unblock(self, key: str) -> None:
        for names, pool in self._pools.items():
            if key in names[1:]:
                pool.blocked_until = 0.0

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _refusal(endpoint: str, waited: float, wait: float) -> str:
    after = f" more, after {waited:.0f} s" if waited >= LEEWAY else ""
    return f"the limits of `{endpoint}` leave no room for {max(wait, 1):.0f} s{after}"
