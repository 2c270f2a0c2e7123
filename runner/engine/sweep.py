"""Make lost wake-ups again from the tables, which are the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from runner.engine import subscribe
from runner.engine.house import House
from runner.engine.mark import roll_out
from runner.engine.rest import rests
from runner.errors import RunnerError
from runner.model.integration import Integration, State
from runner.model.run import RunState
from runner.model.wakeup import WakeUp
from runner.store import (
    changes,
    checkpoints,
    inbox,
    integrations,
    pushes,
    runs,
    sessions,
    states,
    subscriptions,
    wakeups,
)


@dataclass(frozen=True)
class Swept:
    """How many leases were taken back, and how many wake-ups put (most of them were there already)."""

    leases: int
    wakeups: int


async def sweep(house: House) -> Swept:
    """Take back expired leases, and wake whoever has due events or pushes, or a sync that was killed or is behind."""
    leases = await house.store.queue.sweep(house.clock.now())
    return Swept(leases, await house.store.database.write(lambda connection: _wake(connection, house)))


def _wake(connection: Connection, house: House) -> int:
    now = house.clock.now()
    states.purge(connection, now)
    sessions.purge(connection, now)
    active = {found.id: found for found in integrations.find(connection, state=State.ACTIVE)}
    mended = active.keys() | {found.id for found in integrations.find(connection, state=State.ERROR)}
    found = [WakeUp("events", one) for one in inbox.waiting(connection, now) if one in mended]
    roll_out(connection, house.config, house.store.queue, now)
    found += [
        WakeUp("push", one) for one in pushes.waiting(connection, now) if one in active or house.config.outlet(one)
    ]
    found += _subscriptions(connection, house, active, now)
    busy = {row.key for row in wakeups.running(connection)}  # a walk that is under way would be followed by another
    for integration in active.values():
        found += [one for one in _syncs(connection, house, integration, now) if one.key not in busy]
    found += [WakeUp("refresh", one) for one in house.store.vault.fading(connection, now)]
    found += [WakeUp("notify", one) for one in changes.waiting(connection, now)]
    for wakeup in found:
        house.store.queue.put(connection, wakeup)
    return len(found)


def _subscriptions(
    connection: Connection, house: House, active: Mapping[str, Integration], now: datetime
) -> list[WakeUp]:
    """Webhooks that are to be looked at, or were never asked for."""
    known, due = subscriptions.having(connection), set(subscriptions.due(connection, now))
    mine = [one for one, found in active.items() if subscribe.is_asking(house, found.connector)]
    return [WakeUp(subscribe.KIND, one) for one in mine if one in due or one not in known]


def _syncs(connection: Connection, house: House, integration: Integration, now: datetime) -> list[WakeUp]:
    """Syncs that were killed in the middle of a walk, never ran, or last began longer ago than they should."""
    try:
        syncs = house.connectors.get(integration.connector).syncs_of(integration.way)
    except RunnerError as error:
        house.log.error("connector-unusable", integration=integration.id, code=error.code)
        return []
    found = []
    for name, sync in syncs.items():
        gap = house.config.schedule(integration.connector, name, sync).gap
        if _is_behind(connection, integration, name, gap, now) and not rests(
            connection, integration.id, name, gap, now
        ):
            found.append(WakeUp("sync", integration.id, name))
    return found


def _is_behind(connection: Connection, integration: Integration, name: str, gap: timedelta, now: datetime) -> bool:
    last = runs.last(connection, integration.id, name)
    if last is not None and last.state is RunState.RUNNING:
        has_place = checkpoints.get(connection, integration.id, name).progress is not None
        return has_place or now - last.started_at > gap
    return last is None or now - last.started_at > gap * 2
