"""Run again what is stored: events, pushes that failed, and payloads in quarantine."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.engine.house import House
from runner.engine.mark import wake
from runner.engine.process import admit, digest, tell
from runner.model.integration import Integration
from runner.model.run import Counts
from runner.model.wakeup import WakeUp
from runner.store import inbox, integrations, pushes, quarantine
from runner.store.events import EventFilter

MOST = 1000


async def replay_events(house: House, chosen: EventFilter) -> int:
    """Make events pending again, whatever became of them, and wake their integrations; returns how many."""

    def work(connection: Connection) -> int:
        found = inbox.replay(connection, chosen)
        for integration_id in found:
            house.store.queue.put(connection, WakeUp("events", integration_id))
        return sum(found.values())

    return await house.store.database.write(work)


async def replay_pushes(house: House, destination_id: str) -> int:
    """Make what failed or waits for a link due again, after it was mended or linked by hand; returns how many."""

    def work(connection: Connection) -> int:
        at = house.clock.now()
        count = pushes.retry_failed(connection, destination_id, at) + pushes.wake_waiting(
            connection, destination_id, at
        )
        wake(connection, house.store.queue, [destination_id] if count else [])
        return count

    return await house.store.database.write(work)


async def replay_quarantine(house: House, integration_id: str, processor: str | None = None) -> Counts:
    """Map quarantined payloads again, after the connector was mended: what maps now becomes records, as old as when it
    came; the rest stays. Takes up to a thousand at a time."""
    integration, found = await house.store.database.read(
        lambda connection: (
            integrations.get(connection, integration_id),
            quarantine.find(connection, integration_id, processor, limit=MOST),
        )
    )
    counts = Counts()
    for one in found:
        counts += await _again(house, integration, one)
    return counts


async def _again(house: House, integration: Integration, one: quarantine.Quarantined) -> Counts:
    connector = house.connectors.get(integration.connector)
    batch = digest(house, connector, one.processor, [one.payload], one.last_at)
    tell(house, integration, batch)

    def work(connection: Connection) -> Counts:
        if not batch.bad:
            quarantine.remove(connection, one.id)
        return admit(connection, house, integration, batch, house.clock.now())

    return await house.store.database.write(work)
