"""Remove what is old enough, in batches so small that nobody waits for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from runner.connector.retention import Retention
from runner.engine.house import House
from runner.store import acts, decisions, limits, retention, uploads
from runner.store.retention import LEFT, SETTLED

BATCH = 200
"""Rows a transaction: some milliseconds, between which arrivals have their turn."""
PAUSE = 0.02
"""Seconds between two batches."""
COUNTED = timedelta(days=32)
"""How long what a partner's limit counted can matter: a month, the longest budget known."""

Prune = Callable[[Connection, datetime, int], int]


@dataclass(frozen=True)
class Removed:
    """How many rows went, of each."""

    events: int = 0
    failed: int = 0
    deliveries: int = 0
    rejected: int = 0
    runs: int = 0
    early: int = 0
    limits: int = 0
    uploads: int = 0
    acts: int = 0
    decisions: int = 0


async def retain(house: House) -> Removed:
    """Remove what `retention` in runner.yaml says is old; then, while the database is too large, the oldest events."""
    rules, now = house.config.retention, house.clock.now()
    settled = now - max(rules.deliveries, rules.repeats)
    removed = Removed(
        events=await _prune(house, _settled, settled),
        failed=await _prune(house, _left, now - max(rules.failed, rules.repeats)),
        deliveries=await _prune(house, retention.prune_deliveries, settled),
        rejected=await _prune(house, retention.prune_rejected, now - rules.rejected),
        runs=await _prune(house, retention.prune_runs, now - rules.runs),
        limits=await _prune(house, limits.prune, now - COUNTED),
        uploads=await _prune(house, uploads.prune, now - COUNTED),
        acts=await _prune(house, acts.prune, now - rules.runs),
        decisions=await _prune(house, decisions.prune, now - rules.runs),
        early=await _shrink(house, rules, now - rules.repeats),
    )
    if removed != Removed():
        house.log.info("removed", **vars(removed))
    return removed


async def _shrink(house: House, rules: Retention, before: datetime) -> int:
    """Events before their time while the database is too large; it is told when that does not do."""
    gone = 0
    while rules.size is not None and await house.store.database.read(retention.size) > rules.size:
        batch = await house.store.database.write(lambda c: _settled(c, before, BATCH))
        gone += batch
        if not batch:
            house.log.warning("database-too-large", most=rules.size, remedy="raise retention.size, or lower repeats")
            break
        await house.clock.sleep(PAUSE)
    return gone


async def _prune(house: House, prune: Prune, before: datetime) -> int:
    gone, batch = 0, 1
    while batch:
        batch = await house.store.database.write(lambda c: prune(c, before, BATCH))
        gone += batch
        await house.clock.sleep(PAUSE)
    return gone


def _settled(connection: Connection, before: datetime, limit: int) -> int:
    return retention.prune_events(connection, SETTLED, before, limit)


def _left(connection: Connection, before: datetime, limit: int) -> int:
    return retention.prune_events(connection, LEFT, before, limit)
