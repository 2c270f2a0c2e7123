"""The states of limits are changed by one transaction at a time, and kept."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection

from runner.model.clock import SystemClock
from runner.store import limits
from runner.store.database import Database
from runner.store.limits import LimitLedger, State
from runner.testing.clock import FakeClock
from tests.store.conftest import NOW, later, statements


def grow(states: dict[str, State]) -> int:
    for state in states.values():
        state["used"] = state.get("used", 0) + 1
    return sum(state["used"] for state in states.values())


def test_what_a_trade_changes_is_kept_by_key(connection: Connection) -> None:
    clock = FakeClock()
    made = [limits.trade(connection, keys, grow, clock) for keys in (["a"], ["a", "b"], ["b"])]
    assert made == [1, 3, 2]


def test_a_trade_that_changes_nothing_writes_nothing(connection: Connection) -> None:
    limits.trade(connection, ["a"], grow, FakeClock())
    with statements(connection) as ran:
        limits.trade(connection, ["a"], lambda states: states["a"]["used"], FakeClock())
    assert not [text for text in ran if text.startswith("INSERT")]


async def test_processes_do_not_lose_each_others_changes(database_url: str) -> None:
    nodes = [Database.open(database_url) for _ in range(3)]
    ledgers = [LimitLedger(node, SystemClock()) for node in nodes]
    made = await asyncio.gather(*(ledger.trade(["a"], grow) for ledger in ledgers for _ in range(20)))
    assert sorted(made) == list(range(1, 61))
    for node in nodes:
        await node.close()


async def test_a_trade_that_fails_changes_nothing(database: Database) -> None:
    ledger = LimitLedger(database, FakeClock())

    def fail(states: dict[str, State]) -> None:
        states["a"]["used"] = 99
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await ledger.trade(["a"], fail)
    assert await ledger.trade(["a"], grow) == 1


def test_states_that_nobody_touches_are_forgotten(connection: Connection) -> None:
    clock = FakeClock()
    limits.trade(connection, ["old"], grow, clock)
    clock.advance(100)
    limits.trade(connection, ["new"], grow, clock)
    assert limits.prune(connection, later(50), 10) == 1
    assert limits.trade(connection, ["old", "new"], grow, clock) == 3
    assert limits.prune(connection, NOW, 10) == 0
