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
    permit = await asyncio.wait_for(limiter.admit([window(100, "1m")], "events"), 60)
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
    await limiter.close()
    assert [len(await spent(limiter, claims)), ledger.trades < 950] == [900, True]


class Slack(MemoryLedger):
    """Its trades take a turn of the loop, as those of a database do."""

    slack = 0.01
    trades = 0

    async def trade(self, keys: Sequence[str], work: Callable[[dict[str, State]], Any]) -> Any:
        self.trades += 1
        await asyncio.sleep(0)
        return await super().trade(keys, work)

    @property
    def held(self) -> dict[str, Any]:
        return {key: state["held"] for key, state in self._states.items() if state.get("held")}


def one_at_once() -> list[Claim]:
    return [Claim(ConcurrencyLimit(type="concurrency", at_once=1), "c")]


async def test_a_wait_that_rounds_to_nothing_refuses_no_call() -> None:
    limiter = Limiter(FakeClock())
    limiter.penalise([window(100, "1m")], 0.4)
    assert (await limiter.admit([window(100, "1m")], "jobs", patience=0)).waited == pytest.approx(0.4)
    limiter.penalise([window(100, "1m")], 0.6)
    with pytest.raises(RateLimited, match=r"no room for 1 s$"):
        await limiter.admit([window(100, "1m")], "jobs", patience=0)


async def test_short_waits_together_are_no_longer_than_the_patience() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    await limiter.admit(one_at_once(), "jobs")
    with pytest.raises(RateLimited, match="no room for 1 s more, after 60 s"):
        await limiter.admit(one_at_once(), "jobs", patience=60)
    assert sum(clock.slept) == pytest.approx(60.5, abs=0.1)


async def test_a_slot_that_is_used_no_more_is_given_back_though_nothing_else_is_called() -> None:
    ledger = Slack()
    limiter = Limiter(FakeClock(), ledger)
    limiter.release(await limiter.admit(one_at_once(), "jobs"))
    assert ledger.held != {}
    async with asyncio.timeout(60):
        while ledger.held:  # noqa: ASYNC110  # the ledger rings no bell
            await asyncio.sleep(ledger.slack)
    await limiter.close()


async def test_a_free_slot_is_not_promised_to_two_sorts_of_calls() -> None:
    limiter, flying, most = Limiter(FakeClock(), Slack()), 0, 0
    limiter.release(await limiter.admit(one_at_once(), "jobs"))

    async def call(endpoint: str) -> None:
        nonlocal flying, most
        permit = await limiter.admit(one_at_once(), endpoint)
        flying += 1
        most = max(most, flying)
        for _ in range(3):
            await asyncio.sleep(0)
        flying -= 1
        limiter.release(permit)

    await asyncio.gather(*(call(endpoint) for endpoint in ("clients", "jobs", "notes", "users")))
    assert most == 1
    await limiter.close()


async def test_more_calls_than_a_window_holds_are_let_in_bit_by_bit() -> None:
    clock = FakeClock()
    limiter, claims = Limiter(clock, Slack()), [window(5, "1s")]
    await limiter.admit(claims, "jobs")
    permits = await asyncio.gather(*(limiter.admit(claims, "jobs") for _ in range(12)))
    assert (len(permits), sum(clock.slept) > 2) == (12, True)
    await limiter.close()


async def test_what_is_closed_leaves_nothing_that_goes_on_in_the_background() -> None:
    ledger = Slack()
    limiter = Limiter(FakeClock(), ledger)
    limiter.release(await limiter.admit(one_at_once(), "jobs"))
    limiter.penalise([window(100, "1m")], 5)
    await asyncio.sleep(0)
    await limiter.close()
    limiter.release(await limiter.admit(one_at_once(), "jobs"))
    assert len(asyncio.all_tasks()) == 1
    told = ledger.trades
    await asyncio.sleep(3 * ledger.slack)
    assert ledger.trades == told


async def spent(limiter: Limiter, claims: list[Claim]) -> list[float]:
    """The permits that are left: what lapsed has been given back."""
    taken: list[float] = []
    while True:
        try:
            taken.append((await limiter.admit(claims, "jobs", patience=0)).waited)
        except RateLimited:
            return taken
