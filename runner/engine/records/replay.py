"""Run again what is stored: events, pushes that failed, and payloads in quarantine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from runner.engine.house import House
from runner.engine.pages.tables import equipped
from runner.engine.records.admit import admit, tell
from runner.engine.records.process import digest
from runner.errors import NotFound
from runner.model.event import EventState
from runner.model.integration import Integration
from runner.model.run import Counts
from runner.model.wakeup import WakeUp
from runner.store import dead, inbox, integrations, quarantine
from runner.store.dead import Which
from runner.store.events import EventFilter

MOST = 100_000


async def replay_events(house: House, chosen: EventFilter) -> int:
    """Make events pending again, whatever became of them, and wake their integrations; returns how many. Duplicates of
    others are run again only when they are asked for by id or by state."""
    if chosen.ids is None and chosen.state is None:
        chosen = replace(chosen, without=EventState.DUPLICATE)

    def work(connection: Connection) -> int:
        found = inbox.replay(connection, chosen)
        for integration_id in found:
            house.store.queue.put(connection, WakeUp("events", integration_id))
        return sum(found.values())

    return await house.store.database.write(work)


async def replay_pushes(house: House, which: Which) -> int:
    """Make pushes due again. What the destination has already is not sent twice. Returns how many; NotFound names ids
    that there are not."""

    def work(connection: Connection) -> int:
        ids = list(which.ids or ())
        there = {str(one) for one in dead.known(connection, ids)}
        _missing([str(one) for one in ids], there, "push")
        found = dead.renew(connection, which, house.clock.now())
        for destination in sorted(found):
            house.store.queue.put(connection, WakeUp("push", destination))
        return sum(found.values())

    return await house.store.database.write(work)


async def replay_quarantine(
    house: House, ids: Sequence[str] = (), integration_id: str | None = None, processor: str | None = None
) -> Counts:
    """Map quarantined payloads again, after the connector was mended: what maps now becomes records, as old as when it
    came; the rest stays. NotFound names ids that there are not."""
    found = await house.store.database.read(
        lambda connection: quarantine.find(connection, integration_id, processor, limit=MOST)
    )
    wanted = [one for one in found if not ids or str(one.id) in ids]
    _missing(ids, {str(one.id) for one in wanted}, "quarantined payload")
    owners = await house.store.database.read(
        lambda connection: integrations.named(connection, {one.integration_id for one in wanted})
    )
    counts = Counts()
    for one in wanted:
        counts += await _again(house, owners[one.integration_id], one)
    return counts


async def _again(house: House, integration: Integration, one: quarantine.Quarantined) -> Counts:
    connector = house.connectors.get(integration.connector)
    connector = await equipped(house, connector, integration, [one.processor])
    batch = digest(house, connector, one.processor, [one.payload], one.last_at)
    tell(house, integration, batch)

    def work(connection: Connection) -> Counts:
        if not batch.bad:
            quarantine.remove(connection, one.id)
        return admit(connection, house, integration, batch, house.clock.now())

    return await house.store.database.write(work)


def _missing(ids: Sequence[str], found: Collection[str], what: str) -> None:
    unknown = [one for one in ids if one not in found]
    if unknown:
        raise NotFound(f"there is no {what} {', '.join(unknown)} (see `runner deliveries` and `runner records`)")
