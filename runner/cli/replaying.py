"""What `runner replay` does for each kind of thing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from sqlalchemy import Connection

from runner.cli.workshop import chosen
from runner.engine import notify, process
from runner.engine.house import House
from runner.engine.replay import replay_events
from runner.errors import NotFound
from runner.model.event import EventState
from runner.model.push import Push, PushState
from runner.model.wakeup import WakeUp
from runner.store import changes, integrations, pushes, quarantine
from runner.store.changes import Telling
from runner.store.events import EventFilter
from runner.store.quarantine import Quarantined

Replay = Callable[[House, Sequence[str], str | None, bool], Awaitable[int]]
MOST = 100_000
ONE = {"events": "event", "pushes": "push", "quarantined": "quarantined payload", "notices": "notice"}


async def events(house: House, ids: Sequence[str], integration: str | None, failed: bool) -> int:
    """Events become pending again, as if new; returns how many."""

    of = await house.store.database.read(lambda connection: chosen(connection, integration).id) if integration else None
    state = EventState.FAILED if failed else None
    return await replay_events(house, EventFilter(ids=list(ids) or None, integration_id=of, state=state))


async def push(house: House, ids: Sequence[str], integration: str | None, failed: bool) -> int:
    """Pushes become due again; what the host has already is not sent twice. Returns how many."""

    def work(connection: Connection) -> int:
        of = chosen(connection, integration).id if integration else None
        state = PushState.FAILED if failed else None
        found = pushes.find(connection, of, state=state, limit=MOST)
        wanted = [one for one in found if not ids or str(one.id) in ids]
        _missing(ids, {str(one.id) for one in wanted}, "push")
        for one in wanted:
            _mark(connection, house, one)
        return len(wanted)

    return await house.store.database.write(work)


async def quarantined(house: House, ids: Sequence[str], integration: str | None, _: bool) -> int:
    """Payloads are mapped once more, by the connector as it is now; returns how many gave a record this time."""

    def read(connection: Connection) -> list[Quarantined]:
        of = chosen(connection, integration).id if integration else None
        found = quarantine.find(connection, of, limit=MOST)
        wanted = [one for one in found if not ids or str(one.id) in ids]
        _missing(ids, {str(one.id) for one in wanted}, "quarantined payload")
        return wanted

    wanted = await house.store.database.read(read)
    return sum([await _again(house, one) for one in wanted])


async def notices(house: House, ids: Sequence[str], integration: str | None, _: bool) -> int:
    """The host is told again of changes: of these, or of all that were given up; returns how many."""

    def work(connection: Connection) -> int:
        of = chosen(connection, integration).id if integration else None
        dead = None if ids else Telling.DEAD
        found = {one.change.id for one in changes.find(connection, of, telling=dead, limit=MOST)}
        _missing(ids, {str(one) for one in found}, "change")
        wanted = sorted(one for one in found if not ids or str(one) in ids)
        return notify.again(connection, house, wanted)

    return await house.store.database.write(work)


REPLAYS: Mapping[str, Replay] = {
    "events": events,
    "pushes": push,
    "quarantined": quarantined,
    "notices": notices,
}


async def _again(house: House, bad: Quarantined) -> bool:
    integration = await house.store.database.read(lambda c: integrations.get(c, bad.integration_id))
    connector = house.connectors.get(integration.connector)
    batch = process.digest(house, connector, bad.processor, [bad.payload], bad.last_at)
    mended = bool(batch.records)

    def work(connection: Connection) -> None:
        process.admit(connection, house, integration, batch, house.clock.now())
        if mended and bad.external_id is None:
            quarantine.remove(connection, bad.id)

    await house.store.database.write(work)
    return mended


def _mark(connection: Connection, house: House, one: Push) -> None:
    at = house.clock.now()
    pushes.mark(connection, one.rule, one.integration_id, one.kind, [one.external_id], one.destination, at)
    house.store.queue.put(connection, WakeUp("push", one.destination))


def _missing(ids: Sequence[str], found: set[str], what: str) -> None:
    unknown = [one for one in ids if one not in found]
    if unknown:
        raise NotFound(f"there is no {what} {', '.join(unknown)} (see `runner deliveries` and `runner records`)")
