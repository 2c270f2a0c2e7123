"""Work off the webhook events of one integration, in batches, in the order of their arrival."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from runner.engine import tally
from runner.engine.house import House
from runner.engine.pages.tables import equipped
from runner.engine.webhooks.confirm import confirm
from runner.engine.webhooks.errands import Errand
from runner.engine.webhooks.fetch import fetch_all
from runner.engine.webhooks.react import Outcome, failed, plan
from runner.errors import NotFound
from runner.model.event import EventState, WebhookEvent
from runner.model.integration import Integration, State
from runner.store import inbox, integrations, parking
from runner.store.works import is_unfit

CHUNK = 500
MOST_CHUNKS = 20


@dataclass(frozen=True)
class Drained:
    """How many events took effect, failed for good, and were put off; `next_at` is when to come back, if at all."""

    settled: int = 0
    failed: int = 0
    put_off: int = 0
    next_at: datetime | None = None


async def drain(house: House, integration_id: str) -> Drained:
    """Work off what is due. An integration that is switched off keeps its events as they are.

    Stops after some thousand events (`next_at` is then now), so that no flood keeps a worker for itself.
    """
    work = _Work(house, integration_id)
    for _ in range(MOST_CHUNKS):
        if not await work.chunk():
            return await work.end()
    return Drained(work.settled, work.failed, work.put_off, house.clock.now())


@dataclass
class _Work:
    house: House
    integration_id: str
    settled: int = 0
    failed: int = 0
    put_off: int = 0
    held: dict[str, datetime] = field(default_factory=dict)

    async def chunk(self) -> bool:
        """Work off one chunk; False when nothing is due that is not held for more of its kind."""
        integration = await self._integration()
        if integration is None or integration.state in (State.DISABLED, State.PENDING):
            return False
        limit = CHUNK + len(self.held)
        events = await self._due(limit)
        if not events:
            return False
        plain = self.house.connectors.get(integration.connector)
        connector = await equipped(self.house, plain, integration, plain.webhooks.processors if plain.webhooks else ())
        made = plan(self.house, connector, integration, events)
        now = self.house.clock.now()
        ready = [errand for errand in made.errands.values() if errand.due() <= now]
        self._hold(errand for errand in made.errands.values() if errand.due() > now)
        fetching = await fetch_all(self.house, connector, integration, ready)
        confirming = [await confirm(self.house, connector, integration, *trial) for trial in made.trials]
        await self._settle([*made.outcomes, *fetching, *confirming])
        return bool(made.outcomes or fetching or confirming) or len(events) == limit

    async def end(self) -> Drained:
        """What was done, and when the first of the rest comes due."""
        deferred = await self.house.store.database.read(
            lambda connection: inbox.next_due(connection, self.integration_id)
        )
        next_at = min((time for time in (deferred, *self.held.values()) if time), default=None)
        integration = await self._integration()
        if integration is None or integration.state in (State.DISABLED, State.PENDING):
            next_at = None
        return Drained(self.settled, self.failed, self.put_off, next_at)

    async def _integration(self) -> Integration | None:
        try:
            return await self.house.store.database.read(
                lambda connection: integrations.get(connection, self.integration_id)
            )
        except NotFound:
            return None

    async def _due(self, limit: int) -> list[WebhookEvent]:
        now = self.house.clock.now()
        return await self.house.store.database.read(
            lambda connection: inbox.pending(connection, self.integration_id, limit, now)
        )

    def _hold(self, errands: Iterable[Errand]) -> None:
        self.held = {event.id: errand.due() for errand in errands for event in errand.events}

    async def _settle(self, outcomes: list[Outcome]) -> None:
        """All effects and what became of the events, in one transaction."""
        made = self.house.tally.take(self.integration_id)

        def work(connection: Connection) -> list[Outcome]:
            tally.save(connection, self.integration_id, made)
            applied = [self._applied(connection, outcome) for outcome in outcomes]
            _write(connection, applied)
            return applied

        for outcome in await self.house.store.database.write(work):
            count = len(outcome.events)
            if outcome.due is not None:
                self.put_off += count
            elif outcome.state is EventState.DEAD:
                self.failed += count
                self.house.log.error(
                    "event-failed", integration=self.integration_id, type=outcome.events[0].type, note=outcome.note
                )
            else:
                self.settled += count

    def _applied(self, connection: Connection, outcome: Outcome) -> Outcome:
        """The effect in a savepoint of its own, so that what cannot be stored does not hold up the others. Where the
        database is what fails, all of them are tried again."""
        if outcome.apply is None:
            return outcome
        try:
            with connection.begin_nested():
                outcome.apply(connection)
        except Exception as error:
            if is_unfit(error):
                raise
            return failed(self.house, outcome.events, error)
        return outcome


def _write(connection: Connection, outcomes: list[Outcome]) -> None:
    """One statement for all events that fare alike."""
    alike: defaultdict[tuple[EventState, str | None, datetime | None, bool], list[str]] = defaultdict(list)
    for outcome in outcomes:
        key = (outcome.state, outcome.note, outcome.due, outcome.spends)
        alike[key].extend(event.id for event in outcome.events)
    for (state, note, due, spends), ids in alike.items():
        if due is None:
            inbox.settle(connection, ids, state, note)
        elif spends:
            inbox.defer(connection, ids, due, note)
        else:
            parking.park(connection, ids, due, note or "")
