"""Whose calls are counted where."""

from __future__ import annotations

import asyncio

from runner.client.attempt import Attempt
from runner.engine.tally import Made, Tally
from runner.model.integration import Integration, State
from runner.model.run import Counts
from runner.store.figures import Figure

ACME = Integration("i1", "acme", "jobber", "production", State.ACTIVE)


def test_calls_are_taken_once() -> None:
    tally = Tally()
    tally.count(Attempt(ACME, "jobs", "GET", "", status=200, seconds=0.2, size=7))
    tally.count(Attempt(ACME, "jobs", "GET", "", 2, 429, limited=True))
    assert tally.take("i1") == Made(
        2, 1, (Figure("jobber", "jobs", "200", "0.3", 1, 0.2, 7), Figure("jobber", "jobs", "429", "0.1", 1))
    )
    assert tally.take("i1") == Made()


def test_a_try_without_an_answer_is_no_call_but_a_figure() -> None:
    tally = Tally()
    tally.count(Attempt(ACME, "jobs", "GET", ""))
    assert tally.owners == ["i1"]
    assert tally.take("i1") == Made(figures=(Figure("jobber", "jobs", "none", "0.1", 1),))


async def test_two_runs_of_one_integration_count_their_own_calls() -> None:
    tally = Tally()

    async def one(run_id: str, calls: int) -> Counts:
        with tally.during(run_id):
            for _ in range(calls):
                await asyncio.create_task(call())
            return tally.spent(run_id)

    async def call() -> None:
        await asyncio.sleep(0)
        tally.count(Attempt(ACME, "jobs", "GET", "", status=200, size=3, waited=0.5))

    first, second = await asyncio.gather(one("r1", 2), one("r2", 3))
    assert (first.calls, first.bytes, first.wait_seconds) == (2, 6, 1.0)
    assert second.calls == 3
    assert tally.take("i1").calls == 5


def test_what_was_spent_is_told_once() -> None:
    tally = Tally()
    with tally.during("r1"):
        tally.count(Attempt(ACME, "jobs", "GET", "", 2, 200))
        assert tally.spent("r1") == Counts(calls=1, retries=1)
        assert tally.spent("r1") == Counts()
