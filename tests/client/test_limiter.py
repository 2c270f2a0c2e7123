from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from runner.client.ledger import MemoryLedger, State
from runner.client.limiter import Limiter
from runner.client.permits import Claim
from runner.components.ratelimits.concurrency import ConcurrencyLimit
from runner.components.ratelimits.window import WindowLimit
from runner.errors import RateLimited
from runner.testing.clock import FakeClock


def window(requests: int, per: str, key: str = "w") -> Claim:
    return Claim(
        WindowLimit.model_validate({"type": "window", "requests": requests, "per": per}), f"{key}{requests}{per}"
    )


async def test_calls_within_the_limits_do_not_wait() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    assert [(await limiter.admit([window(2, "1m")], "jobs")).waited for _ in range(2)] == [0.0, 0.0]
    assert clock.slept == []


async def test_the_longest_wait_wins() -> None:
    clock = FakeClock()
    limiter, claims = Limiter(clock), [window(1, "1s"), window(1, "30s")]
    await limiter.admit(claims, "jobs")
    assert (await limiter.admit(claims, "jobs")).waited == pytest.approx(30, abs=0.001)


async def test_a_limit_is_not_charged_for_a_call_that_another_holds_back() -> None:
    limiter, wide, narrow = Limiter(FakeClock()), window(2, "1h"), window(1, "10m")
    await limiter.admit([wide, narrow], "jobs")
    with pytest.raises(RateLimited):
        await limiter.admit([wide, narrow], "jobs")
    assert (await limiter.admit([wide], "jobs")).waited == 0.0


async def test_beyond_the_patience_the_call_is_given_back_with_its_wait() -> None:
    limiter = Limiter(FakeClock())
    await limiter.admit([window(1, "5m")], "jobs")
    with pytest.raises(RateLimited, match="`jobs`") as caught:
        await limiter.admit([window(1, "5m")], "jobs", patience=60)
    assert caught.value.wait == pytest.approx(300, abs=0.001)


async def test_a_penalty_holds_all_who_share_the_limit() -> None:
    limiter = Limiter(FakeClock())
    limiter.penalise([window(100, "1m")], 20)
    assert (await limiter.admit([window(100, "1m")], "clients")).waited == 20
    assert (await limiter.admit([window(100, "1m", key="other")], "clients")).waited == 0.0


async def test_a_wait_below_what_clocks_can_tell_comes_to_its_end() -> None:
    """Of a wait that others shared, less than a microsecond may be left: then time must pass all the same."""
    limiter = Limiter(FakeClock())
    limiter.penalise([window(100, "1m")], 4.8e-7)
    permit = await asyncio.wait_for(limiter.admit([window(100, "1m")], "events"), 5)
    assert permit.waited < 0.001


async def test_calls_at_once_never_exceed_the_cap() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    claims = [Claim(ConcurrencyLimit(type="concurrency", at_once=3), "c")]
    flying, most = 0, 0

    async def call() -> Any:
        nonlocal flying, most
        permit = await limiter.admit(claims, "jobs")
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0)
        flying -= 1
        limiter.release(permit)

    await asyncio.gather(*(call() for _ in range(20)))
    assert most == 3


async def test_calls_that_follow_each_other_take_fewer_and_fewer_trades() -> None:
    class Counted(MemoryLedger):
        slack = 0.25
        trades = 0

        async def trade(self, keys: Sequence[str], work: Callable[[dict[str, State]], Any]) -> Any:
            self.trades += 1
            return await super().trade(keys, work)

    clock, ledger = FakeClock(), Counted()
    limiter, claims = Limiter(clock, ledger), [window(1000, "5m")]
    for _ in range(100):
        limiter.release(await limiter.admit(claims, "jobs"))
        clock.advance(0.01)
    assert ledger.trades <= 12
    await limiter.settle()
    assert [len(await spent(limiter, claims)), ledger.trades < 950] == [900, True]


async def spent(limiter: Limiter, claims: list[Claim]) -> list[float]:
    """The permits that are left: what lapsed has been given back."""
    taken: list[float] = []
    while True:
        try:
            taken.append((await limiter.admit(claims, "jobs", patience=0)).waited)
        except RateLimited:
            return taken
