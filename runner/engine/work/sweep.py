"""Make lost wake-ups again from the tables, which are the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from runner.connector.sync import Sync
from runner.engine.house import House
from runner.engine.records.mark import roll_out
from runner.engine.subscriptions import desk, subscribe
from runner.engine.syncs.rest import rests
from runner.errors import RunnerError
from runner.model.integration import Integration, State
from runner.model.run import RunState
from runner.model.wakeup import WakeUp
from runner.store import (
    changes,
    inbox,
    integrations,
    pushes,
    sessions,
    standings,
    states,
    subscriptions,
    wakeups,
)
from runner.store.standings import Standing


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
    found += [one for one in _syncs(connection, house, active.values(), now) if one.key not in busy]
    found += [WakeUp("refresh", one) for one in house.store.vault.fading(connection, now)]
    found += [WakeUp("notify", one) for one in changes.waiting(connection, now)]
    house.store.queue.put_all(connection, found)
    return len(found)


def _subscriptions(
    connection: Connection, house: House, active: Mapping[str, Integration], now: datetime
) -> list[WakeUp]:
    """Webhooks that are to be looked at, or were never asked for."""
    known, due = subscriptions.having(connection), set(subscriptions.due(connection, now))
    mine = [one for one, found in active.items() if desk.is_asking(house, found.connector)]
    return [WakeUp(subscribe.KIND, one) for one in mine if one in due or one not in known]


def _syncs(connection: Connection, house: House, active: Iterable[Integration], now: datetime) -> list[WakeUp]:
    """Syncs that were killed in the middle of a walk, never ran, or last began longer ago than they should."""
    gaps = {
        (found.id, name): house.config.schedule(found.connector, name, sync).gap
        for found in active
        for name, sync in _declared(house, found).items()
    }
    stand = standings.of(connection, list(gaps))
    late = [key for key, gap in gaps.items() if _is_behind(stand[key], gap, now) and not rests(stand[key], gap, now)]
    return [WakeUp("sync", integration_id, name) for integration_id, name in late]


def _declared(house: House, integration: Integration) -> dict[str, Sync]:
    try:
        return house.connectors.get(integration.connector).syncs_of(integration.way)
    except RunnerError as error:
        house.log.error("connector-unusable", integration=integration.id, code=error.code)
        return {}


def _is_behind(standing: Standing, gap: timedelta, now: datetime) -> bool:
    if standing.started_at is None:
        return True
    if standing.state is RunState.RUNNING:
        return standing.has_place or now - standing.started_at > gap
    return now - standing.started_at > gap * 2
