"""What a trade comes to: permits, or a wait and a place in the line. No I/O: it works on states that others keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runner.client import line
from runner.client.ledger import State
from runner.client.line import Rank
from runner.client.permits import Claim, Grant
from runner.components.ratelimits.base import Asked

STAY = 1.0
"""Seconds that a place in the line is kept after the wait that was named."""
MOST_STAY = 60.0
RESERVE = 20
"""One in so many calls of a limit is left by full passes to what is more urgent."""


@dataclass(frozen=True)
class Want:
    """Up to `calls` calls of one sort, at most `wanting` while others wait too, due `at` in the order of all that wait.
    `aside` are slots that the process holds and gives to these calls; `spare` those that it keeps for others of its
    own."""

    claims: Sequence[Claim]
    endpoint: str
    cost: float
    calls: int
    wanting: int
    hold: float
    holder: str
    name: str
    rank: Rank
    at: float
    aside: Mapping[str, int] = field(default_factory=dict)
    spare: Mapping[str, int] = field(default_factory=dict)

    def ask(self, claim: Claim, state: State, calls: int, now: float) -> Asked:
        """What so many calls ask of a limit."""
        number = max(calls - self.aside[claim.key], 0) if claim.limit.takes_slots else calls
        return Asked(now, claim.limit.cost_of(state, self.endpoint, self.cost), number, self.hold, self.holder)


@dataclass(frozen=True)
class Deal:
    """Permits, or the seconds after which it is worth another try and the keys of the limits that hold the calls back.
    `wanted` is how many wait for each limit in other processes, `returned` the slots that were given up for them."""

    grant: Grant | None
    wait: float = 0.0
    held_by: frozenset[str] = frozenset()
    wanted: Mapping[str, int] = field(default_factory=dict)
    returned: Mapping[str, int] = field(default_factory=dict)


def strike(states: dict[str, State], want: Want, now: float) -> Deal:
    """Charge the states for as many of the calls as all limits admit; or put them into the line of those that hold
    them back the longest."""
    wanted = {claim.key: line.others(states[claim.key], want.holder, now) for claim in want.claims}
    calls = min(want.calls, want.wanting) if any(states[claim.key].get("line") for claim in want.claims) else want.calls
    while any((waits := _waits(states, want, calls, now)).values()) and calls > 1:
        calls //= 2
    longest = max(waits.values(), default=0.0)
    if longest > 0:
        held_by = frozenset(key for key, wait in waits.items() if wait >= longest)
        return Deal(None, longest, held_by, wanted, _line_up(states, want, waits, held_by, now))
    asked = []
    for claim in want.claims:
        state = states[claim.key]
        asked.append(want.ask(claim, state, calls, now))
        claim.limit.admit(state, asked[-1])
        line.leave(state, want.name)
    return Deal(Grant(want.claims, asked, now + want.hold, calls), wanted=wanted)


def _waits(states: Mapping[str, State], want: Want, calls: int, now: float) -> dict[str, float]:
    """How long each limit makes so many calls wait, by key; nothing is charged."""
    return {claim.key: _wait(claim, dict(states[claim.key]), want, calls, now) for claim in want.claims}


def _wait(claim: Claim, tried: State, want: Want, calls: int, now: float) -> float:
    """First those are let in that stand before, one call each."""
    ahead = line.before(tried, want.name, want.at, now)
    first = [Asked(now, cost, 1, want.hold, want.holder) for cost in ahead.values()]
    if claim.limit.takes_slots:  # for its own the process keeps slots
        own = sum(1 for name in ahead if line.holder_of(name) == want.holder)
        first = first[min(own, want.spare[claim.key]) :]
    if want.rank is Rank.ALL and claim.limit.size >= RESERVE:
        first.append(Asked(now, 1, int(claim.limit.size / RESERVE), want.hold, want.holder))
    for asked in first:
        wait = claim.limit.admit(tried, asked)
        if wait > 0:
            return wait
    return claim.limit.admit(tried, want.ask(claim, tried, calls, now))


def _line_up(
    states: dict[str, State], want: Want, waits: Mapping[str, float], held_by: frozenset[str], now: float
) -> dict[str, int]:
    """Stand where the wait is the longest, and only there: in another line the calls would keep others from what they
    cannot use yet. Slots for which others stand before are given up."""
    returned = {}
    for claim in want.claims:
        state, aside = states[claim.key], want.aside.get(claim.key, 0)
        if aside and waits[claim.key] > 0:
            claim.limit.release(state, Asked(now, calls=aside, holder=want.holder))
            returned[claim.key] = aside
        if claim.key in held_by:
            until = now + min(waits[claim.key], MOST_STAY) + STAY
            line.stand(state, want.name, want.at, claim.limit.cost_of(state, want.endpoint, want.cost), now, until)
        else:
            line.leave(state, want.name)
    return returned
