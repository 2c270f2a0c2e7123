"""The pools of permits of one process, by the integration, rank, endpoint and limits of their calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from runner.client.line import Rank
from runner.client.permits import Claim, Grant, Party, Pool, Waiter

FEW = 1000
"""Pools from which on those that nobody needs are forgotten."""

_Key = tuple[str, Rank, str, tuple[str, ...]]


class Pools:
    """Finds pools, and forgets those that nobody needs, so that ten thousand integrations take little room."""

    def __init__(self, holder: str) -> None:
        self._holder = holder
        self._pools: dict[_Key, Pool] = {}
        self._parties: dict[tuple[str, Rank], Party] = {}
        self._blocked: dict[str, set[Pool]] = defaultdict(set)
        self._fresh: set[Pool] = set()
        self._aging: set[Pool] = set()
        self._made = 0
        self._most = FEW

    def get(self, party: str, rank: Rank, endpoint: str, claims: Sequence[Claim], now: float) -> Pool:
        """The pool of such calls."""
        key = (party, rank, endpoint, tuple(claim.key for claim in claims))
        pool = self._pools.get(key)
        if pool is None:
            self._prune(now)
            self._made += 1
            mine = self._parties.setdefault((party, rank), Party(rank))
            pool = self._pools[key] = Pool(Waiter(f"{self._holder}/{self._made}", mine), frozenset(key[3]))
        return pool

    def all(self) -> list[Pool]:
        """Every pool."""
        return list(self._pools.values())

    def sharing(self, keys: Iterable[str]) -> list[Pool]:
        """Those that fall under one of these limits."""
        wanted = set(keys)
        return [pool for pool in self._pools.values() if wanted & pool.keys]

    def serve(self, pool: Pool, grant: Grant, now: float) -> None:
        """The pool is granted permits: its integration had its turn, and what else it waits for comes after others."""
        pool.waiter.since, pool.waiter.party.served_at = None, now
        pool.fill(grant)
        self._fresh.add(pool)

    def block(self, pool: Pool, keys: Collection[str], until: float) -> None:
        """It need not ask before then, or before a slot of one of these limits is free."""
        pool.blocked_until = until
        for key in keys:
            self._blocked[key].add(pool)

    def unblock(self, key: str) -> None:
        """A slot of this limit is free."""
        for pool in self._blocked.pop(key, ()):
            pool.blocked_until = 0.0

    def lapsing(self) -> set[Pool]:
        """Those whose permits were granted before this was last asked."""
        lapsing = self._aging - self._fresh
        self._aging, self._fresh = self._fresh, set()
        return lapsing

    @property
    def are_fresh(self) -> bool:
        """Whether some of them have permits that may lapse."""
        return any(pool.left for pool in self._aging)

    def _prune(self, now: float) -> None:
        if len(self._pools) < self._most:
            return
        self._pools = {key: pool for key, pool in self._pools.items() if not pool.is_idle(now)}
        self._parties = {key[:2]: pool.waiter.party for key, pool in self._pools.items()}
        self._most = max(FEW, 2 * len(self._pools))
