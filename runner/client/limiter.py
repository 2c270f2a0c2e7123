"""Keeps partners' limits: several at once, the longest wait wins, shared with whoever shares the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from runner.client.deal import MOST_STAY, STAY, Deal, Want, strike
from runner.client.dues import Dues
from runner.client.ledger import Ledger, MemoryLedger, State
from runner.client.line import Rank
from runner.client.permits import Claim, Permit, Pool
from runner.client.pools import Pools
from runner.client.slots import Slots
from runner.components.ratelimits import sliding
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
    with the next trade, or after its slack. Where calls wait, integrations take turns, and what is urgent comes first
    (see `line`)."""

    def __init__(self, clock: Clock, ledger: Ledger | None = None) -> None:
        self._clock = clock
        self._ledger = ledger or MemoryLedger()
        self._holder = worker_id()
        self._pools = Pools(self._holder)
        self._slots = Slots()
        self._dues = Dues(self._ledger)

    async def admit(
        self,
        claims: Sequence[Claim],
        endpoint: str,
        patience: float = PATIENCE,
        cost: float = 1,
        *,
        party: str = "",
        rank: Rank = Rank.NOW,
    ) -> Permit:
        """Wait until all limits admit the call, and charge them; `cost` is what the connector says it costs, `party`
        the integration that makes it.

        Raises RateLimited, with nothing charged, when it would wait for longer than `patience` seconds and the leeway.
        """
        claims = list({claim.key: claim for claim in claims}.values())
        pool = self._pools.get(party, rank, endpoint, claims, self._now())
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
            self._slots.use(pool.waiter, claims)
            return Permit(pool.take(), endpoint, waited)
        finally:
            pool.wanting -= 1

    def release(self, permit: Permit) -> None:
        """An admitted call has ended, with or without an answer."""
        now, grant = self._now(), permit.grant
        for claim, asked in grant.each(1):
            if claim.limit.takes_slots and self._slots.come_back(claim.key):
                self._pools.unblock(claim.key)
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
        for pool in self._pools.sharing(keys):
            self._empty(pool)
        self._dues.tell_soon(self._give_back, at_once=True)

    async def close(self) -> None:
        """Tell the ledger what it has to know, and give back what is not used: before a process ends."""
        for pool in self._pools.all():
            self._empty(pool)
        self._slots.rest()
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
            deal = await self._trade(pool, claims, endpoint, cost)
            if deal.grant is None:
                self._wait(pool, claims, deal)
                return deal.wait
            self._slots.take_in(claims, deal.grant.asked)
            self._pools.serve(pool, deal.grant, self._now())
            return None

    async def _trade(self, pool: Pool, claims: Sequence[Claim], endpoint: str, cost: float) -> Deal:
        waiter, now = pool.waiter, self._now()
        calls = min(pool.wish(now), MOST) if self._ledger.slack else 1
        self._empty(pool)
        keys = sorted(claim.key for claim in claims)
        pay, aside = self._dues.pay(keys), self._slots.set_aside(waiter, claims, calls, now)
        hold = min((self._ledger.slack, *(claim.limit.patience for claim in claims)))
        given = (claims, endpoint, cost, calls, max(pool.wanting, 1), hold, self._holder)
        want = Want(*given, waiter.name, waiter.party.rank, waiter.due(now), aside, self._slots.spare(aside))

        def work(states: dict[str, State]) -> Deal:
            return strike(pay(states), want, self._now())

        kept = aside
        try:
            deal = await self._ledger.trade(keys, work)
            kept = {key: number - deal.returned.get(key, 0) for key, number in aside.items()}
            self._slots.want({key: deal.wanted[key] for key in aside})
            return deal
        finally:
            self._slots.put_back(kept)

    def _wait(self, pool: Pool, claims: Sequence[Claim], deal: Deal) -> None:
        """Nobody asks again for this pool before its wait is over; it has its place among those that wait."""
        now = self._now()
        pool.waiter.wait(now, now + min(deal.wait, MOST_STAY) + STAY)
        self._slots.stand(pool.waiter, claims, deal.held_by, now)
        slots = [claim.key for claim in claims if claim.limit.takes_slots]
        self._pools.block(pool, slots, now + deal.wait)

    def _is_ready(self, pool: Pool, claims: Sequence[Claim]) -> bool:
        now = self._now()
        return pool.live(now) > 0 and self._slots.are_free(pool.waiter, claims, now)

    def _give_back(self) -> None:
        """Permits and slots that were not used since this was last asked are for others."""
        for pool in self._pools.lapsing():
            self._empty(pool)
        for claim, calls in self._slots.idle():
            asked = Asked(self._now(), calls=calls, holder=self._holder)
            self._dues.owe(claim.key, partial(claim.limit.release, asked=asked))
        if self._slots.rest() or self._pools.are_fresh:
            self._dues.tell_soon(self._give_back)

    def _empty(self, pool: Pool) -> None:
        for claim, asked in pool.empty():
            if not claim.limit.takes_slots:
                self._dues.owe(claim.key, partial(claim.limit.refund, asked=asked))

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _refusal(endpoint: str, waited: float, wait: float) -> str:
    after = f" more, after {waited:.0f} s" if waited >= LEEWAY else ""
    return f"the limits of `{endpoint}` leave no room for {max(wait, 1):.0f} s{after}"
