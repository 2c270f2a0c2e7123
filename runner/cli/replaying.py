"""What `runner replay` does for each kind of thing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic_core import PydanticCustomError
from sqlalchemy import Connection

from runner.cli.workshop import chosen
from runner.components.block import read_duration
from runner.engine.house import House
from runner.engine.pushes import notify
from runner.engine.records import replay
from runner.engine.webhooks.compare import Comparison, compare
from runner.errors import NotFound, SettingsError
from runner.model.event import EventState
from runner.store import changes
from runner.store.changes import Telling
from runner.store.dead import Which
from runner.store.events import EventFilter

MOST = 100_000
ONE = {"events": "event", "pushes": "push", "quarantined": "quarantined payload", "notices": "notice"}


@dataclass(frozen=True)
class Wanted:
    """Which things: by id, of an integration (its id, or company/connector), those that failed; of events also by
    connector, type, state and the time of their arrival, of pushes by rule, reason and destination."""

    ids: Sequence[str] = ()
    integration: str | None = None
    failed: bool = False
    connector: str | None = None
    type: str | None = None
    state: str | None = None
    since: str | None = None
    until: str | None = None
    rule: str | None = None
    reason: str | None = None
    to: str | None = None

    @property
    def is_of_pushes(self) -> bool:
        """Whether it says what only pushes have."""
        return any((self.rule, self.reason, self.to))

    @property
    def is_of_events(self) -> bool:
        """Whether it says what only events have."""
        return any((self.connector, self.type, self.state, self.since, self.until))

    @property
    def is_open(self) -> bool:
        """Whether it says nothing at all, which would mean everything."""
        return not (self.ids or self.integration or self.failed or self.is_of_events or self.is_of_pushes)


Replay = Callable[[House, Wanted], Awaitable[int]]


async def events(house: House, wanted: Wanted) -> int:
    """Events become pending again, as if new; returns how many."""
    return await replay.replay_events(house, await fitting(house, wanted))


async def pushes(house: House, wanted: Wanted) -> int:
    """Pushes become due again; what the host has already is not sent twice. Returns how many."""
    unknown = [one for one in wanted.ids if not one.isdecimal()]
    if unknown:
        raise NotFound(f"there is no push {', '.join(unknown)} (see `runner pushes`)")
    which = Which(
        ids=[int(one) for one in wanted.ids] or None,
        integration_id=await _integration(house, wanted),
        destination=await house.store.database.read(lambda connection: destination_id(connection, wanted.to)),
        rule=wanted.rule,
        reason=wanted.reason,
        failed=wanted.failed or wanted.is_of_pushes,
    )
    return await replay.replay_pushes(house, which)


async def quarantined(house: House, wanted: Wanted) -> int:
    """Payloads are mapped once more, by the connector as it is now; returns how many were mended."""
    counts = await replay.replay_quarantine(house, wanted.ids, await _integration(house, wanted))
    return counts.seen - counts.quarantined


async def notices(house: House, wanted: Wanted) -> int:
    """The host is told again of changes: of these, or of all that were given up; returns how many."""
    of = await _integration(house, wanted)

    def work(connection: Connection) -> int:
        dead = None if wanted.ids else Telling.DEAD
        found = {one.change.id for one in changes.find(connection, of, telling=dead, limit=MOST)}
        unknown = [one for one in wanted.ids if one not in {str(known) for known in found}]
        if unknown:
            raise NotFound(f"there is no change {', '.join(unknown)} (see `runner integrations ID`)")
        return notify.again(connection, house, sorted(one for one in found if not wanted.ids or str(one) in wanted.ids))

    return await house.store.database.write(work)


REPLAYS: Mapping[str, Replay] = {
    "events": events,
    "pushes": pushes,
    "quarantined": quarantined,
    "notices": notices,
}


async def dry_run(house: House, wanted: Wanted, fetch: bool) -> Comparison:
    """What running events again would change, by the connectors as they are now; nothing is written."""
    return await compare(house, await fitting(house, wanted), fetch=fetch)


async def fitting(house: House, wanted: Wanted) -> EventFilter:
    """The events that are wanted; SettingsError for a state or time that is none, NotFound for a connector."""
    now = house.clock.now()
    if wanted.connector is not None:
        house.connectors.path(wanted.connector)
    return EventFilter(
        ids=list(wanted.ids) or None,
        integration_id=await _integration(house, wanted),
        connector=wanted.connector,
        state=EventState.DEAD if wanted.failed else _state(wanted.state),
        type=wanted.type,
        since=_moment(wanted.since, now),
        until=_moment(wanted.until, now),
    )


async def _integration(house: House, wanted: Wanted) -> str | None:
    which = wanted.integration
    if which is None:
        return None
    return await house.store.database.read(lambda connection: chosen(connection, which).id)


def destination_id(connection: Connection, text: str | None) -> str | None:
    """What a person calls a destination: an integration (its id, or company/connector), or a name in runner.yaml."""
    if text is None:
        return None
    try:
        return chosen(connection, text).id
    except NotFound:
        if "/" in text:
            raise
        return text


def _state(text: str | None) -> EventState | None:
    if text is None:
        return None
    if text not in set(EventState):
        raise SettingsError(f"events have no state {text} (there are: {', '.join(EventState)})")
    return EventState(text)


def _moment(text: str | None, now: datetime) -> datetime | None:
    """`2026-05-04`, `2026-05-04T15:20:10Z`, or how long ago: `30d`, `12h`."""
    if text is None:
        return None
    try:
        return now - read_duration(text)
    except PydanticCustomError:
        pass  # no duration: then it is a time
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"`{text}` is no time (write 2026-05-04, 2026-05-04T15:20:10Z, or how long ago: 30d)"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
