"""Integrations that share a limit: nobody is starved, what is urgent comes first, and no limit is broken by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.client.ledger import MemoryLedger, State
from runner.client.limiter import Limiter
from runner.client.line import Rank
from runner.client.permits import Claim, Permit
from runner.components.ratelimits.concurrency import ConcurrencyLimit
from runner.components.ratelimits.points import PointsLimit
from runner.components.ratelimits.window import WindowLimit
from runner.errors import RateLimited
from runner.testing.clock import FakeClock
from tests.client.timeline import Timeline


class Shared(MemoryLedger):
    """Its trades take a turn of the loop, and what was granted is kept for a while, as with a database."""

    slack = 0.25

    async def trade(self, keys: Sequence[str], work: Callable[[dict[str, State]], Any]) -> Any:
        await asyncio.sleep(0)
        return await super().trade(keys, work)

    def under_way(self, key: str) -> float:
        return sum(number for number, _ in self._states.get(key, {}).get("held", {}).values())


def window(requests: int, per: str, key: str = "app") -> Claim:
    return Claim(WindowLimit.model_validate({"type": "window", "requests": requests, "per": per}), f"{key}{per}")


def at_once(number: int, key: str = "slots") -> Claim:
    return Claim(ConcurrencyLimit(type="concurrency", at_once=number), key)


async def call(limiter: Limiter, claims: list[Claim], party: str, made: list[str], rank: Rank = Rank.NOW) -> None:
    permit = await limiter.admit(claims, "jobs", party=party, rank=rank)
    made.append(party)
    limiter.release(permit)


async def close(limiters: list[Limiter]) -> None:
    for limiter in limiters:
        await limiter.close()


@pytest.mark.parametrize("processes", [1, 2])
async def test_thousands_of_calls_do_not_starve_the_single_call_of_another_integration(processes: int) -> None:
    clock, ledger, made, enough = Timeline(), Shared(), list[str](), asyncio.Event()
    limiters = [Limiter(clock, ledger) for _ in range(processes)]

    async def one() -> None:
        await clock.sleep(2.5)
        await call(limiters[-1], [window(10, "1s")], "one", made)
        enough.set()

    many = [call(limiters[0], [window(10, "1s")], "many", made) for _ in range(500)]
    await clock.play(*many, one(), until=enough)
    assert made.index("one") <= 40  # thirty were made before it came
    await close(limiters)


@pytest.mark.parametrize("processes", [1, 2])
async def test_integrations_that_wait_take_turns(processes: int) -> None:
    clock, ledger, made = Timeline(), Shared(), list[str]()
    limiters = [Limiter(clock, ledger) for _ in range(processes)]

    async def one_by_one(number: int, party: str) -> None:
        for _ in range(5):
            await call(limiters[number % processes], [window(1, "1s")], party, made)

    await call(limiters[0], [window(1, "1s")], "spent", made)
    parties = ["a", "b", "c", "d"]
    await clock.play(*(one_by_one(number, party) for number, party in enumerate(parties)))
    turns = [made[start : start + 4] for start in range(1, 21, 4)]
    assert [sorted(turn) for turn in turns] == [parties] * 5
    await close(limiters)


@pytest.mark.parametrize("processes", [1, 3])
async def test_an_event_comes_before_what_is_new_and_that_before_a_full_pass(processes: int) -> None:
    clock, ledger, made = Timeline(), Shared(), list[str]()
    limiters = [Limiter(clock, ledger) for _ in range(processes)]
    await call(limiters[0], [window(1, "1s")], "spent", made)
    ranks = [(Rank.ALL, "full"), (Rank.NEWS, "news"), (Rank.NOW, "event")]
    calls = [(limiters[number % processes], name, rank) for number, (rank, name) in enumerate(ranks)]
    await clock.play(*(call(limiter, [window(1, "1s")], name, made, rank) for limiter, name, rank in calls))
    assert made == ["spent", "event", "news", "full"]
    await close(limiters)


async def test_a_full_pass_leaves_a_twentieth_of_a_limit_to_what_is_more_urgent() -> None:
    limiter, claims = Limiter(FakeClock()), [window(100, "1h")]
    for _ in range(95):
        await limiter.admit(claims, "jobs", patience=0, rank=Rank.ALL)
    with pytest.raises(RateLimited):
        await limiter.admit(claims, "jobs", patience=0, rank=Rank.ALL)
    for _ in range(5):
        await limiter.admit(claims, "jobs", patience=0, rank=Rank.NOW)


async def test_a_process_that_calls_all_the_time_gives_up_slots_that_another_wants() -> None:
    clock, ledger = FakeClock(), Shared()
    steady, other = Limiter(clock, ledger), Limiter(clock, ledger)
    made: list[str] = []

    async def go_on() -> None:
        while "one" not in made:
            permit = await steady.admit([at_once(2)], "jobs", party="steady")
            made.append("steady")
            clock.advance(0.01)
            await asyncio.sleep(0)
            steady.release(permit)

    going = [asyncio.create_task(go_on()) for _ in range(4)]
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await call(other, [at_once(2)], "one", made)
        await asyncio.gather(*going)
    assert made.index("one") < 300
    await asyncio.gather(steady.close(), other.close())


async def test_a_free_slot_is_for_who_has_waited_in_the_same_process() -> None:
    limiter, made = Limiter(FakeClock()), ["many"]

    async def go_on() -> None:
        while "one" not in made:
            permit = await limiter.admit([at_once(1)], "jobs", party="many")
            made.append("many")
            await asyncio.sleep(0)
            limiter.release(permit)

    going = [asyncio.create_task(go_on()) for _ in range(3)]
    await asyncio.sleep(0)
    await call(limiter, [at_once(1)], "one", made)
    await asyncio.gather(*going)
    assert made.index("one") < 20


async def test_who_waits_for_a_limit_of_its_own_holds_up_nobody_elsewhere() -> None:
    """The slot of the app is not kept for a call that its account's window holds back for a minute."""
    clock, made, done = Timeline(), list[str](), asyncio.Event()
    limiter, mine, slot = Limiter(clock, Shared()), window(1, "50s", key="a"), at_once(1)
    await call(limiter, [mine, slot], "a", made)

    async def another() -> None:
        await clock.sleep(1)
        permit = await limiter.admit([slot], "jobs", party="b")
        assert permit.waited <= 0.1
        limiter.release(permit)
        done.set()

    await clock.play(call(limiter, [mine, slot], "a", made), another(), until=done)
    await limiter.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["admit", "admit", "admit", "release", "advance", "penalise"]),
        st.integers(0, 1),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(list(Rank)),
        st.sampled_from([0.01, 0.2, 0.3, 1.0, 4.0]),
    ),
    max_size=80,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_two_processes_never_exceed_any_limit_whatever_they_do(steps: list[tuple[str, int, str, Rank, float]]) -> None:
    asyncio.run(_interleave(steps))


async def _interleave(steps: list[tuple[str, int, str, Rank, float]]) -> None:
    """A call comes to the partner the moment it is admitted, and is under way until it is released."""
    clock, ledger = FakeClock(), Shared()
    limiters = [Limiter(clock, ledger), Limiter(clock, ledger)]
    points = Claim(PointsLimit.model_validate({"type": "points", "budget": 9, "per": "10s"}), "points")
    claims = [window(3, "1s"), window(8, "10s", key="long"), points, at_once(2)]
    times: list[float] = []
    out: list[tuple[Limiter, Permit]] = []
    for verb, number, party, rank, seconds in steps:
        limiter = limiters[number]
        if verb == "advance":
            clock.advance(seconds)
        elif verb == "penalise":
            limiter.penalise([claims[1]], seconds)
        elif verb == "release" and out:
            where, permit = out.pop(0)
            where.release(permit)
        elif verb == "admit" and len(out) < 2:
            try:
                permit = await limiter.admit(claims, "jobs", patience=0, party=party, rank=rank)
            except RateLimited:
                continue
            times.append(clock.now().timestamp())
            out.append((limiter, permit))
        for requests, per in ((3, 1.0), (8, 10.0), (9, 10.0)):
            now = clock.now().timestamp()
            assert sum(1 for at in times if now - per < at <= now) <= requests
        assert ledger.under_way("slots") <= 2
    for limiter in limiters:
        await limiter.close()
