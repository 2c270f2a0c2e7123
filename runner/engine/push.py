"""Bring what is due to one destination: rule by rule in the order of runner.yaml, a few records at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from runner.engine import tally
from runner.engine.abreast import abreast
from runner.engine.hand_over import Counter, Handed
from runner.engine.house import House
from runner.engine.parcel import Held, Parcel, Twins, pack
from runner.engine.trouble import backoff, is_passing, refuse, until, words
from runner.errors import NotFound, PartnerUnavailable, RunnerError, StoreUnavailable
from runner.model.integration import Integration, State
from runner.model.push import Push, PushState
from runner.store import doubts, includes, integrations, links, pushes

ROUND = 100
MOST_ROUNDS = 50
AT_ONCE = 4
MOST_ATTEMPTS = 8
ENOUGH = 3


@dataclass(frozen=True)
class Pushed:
    """How many pushes arrived, wait, failed for good and are tried again; `next_at` is when to come back, if at all."""

    done: int = 0
    waiting: int = 0
    failed: int = 0
    retried: int = 0
    next_at: datetime | None = None


async def drain(house: House, destination_id: str) -> Pushed:
    """Bring what is due. A destination that is not active keeps its pushes until it is connected again."""
    work = _Work(house, destination_id)
    for _ in range(MOST_ROUNDS):
        if not await work.round():
            return await work.end()
    return Pushed(work.done, work.waiting, work.failed, work.retried, house.clock.now())


@dataclass
class _Work:
    house: House
    destination_id: str
    done: int = 0
    waiting: int = 0
    failed: int = 0
    retried: int = 0
    linked: bool = False
    refusals: int = 0
    stop_until: datetime | None = field(default=None)

    async def round(self) -> bool:
        """One rule's pushes; False when there is nothing to do now."""
        destination = await self._destination()
        if destination is None or self.stop_until is not None:
            return False
        packed = await self.house.store.database.read(lambda connection: self._pack(connection, destination))
        if not packed:
            return await self._wake_waiting()
        parcels = [one for one in packed if isinstance(one, Parcel)]
        await self._hold([one for one in packed if isinstance(one, Held)])
        connector = self.house.connectors.get(destination.connector)
        counter, gate = Counter(self.house, connector, destination), asyncio.Semaphore(AT_ONCE)
        await abreast(self._take_in_turn(counter, gate, alike) for alike in _alike(parcels))
        made = self.house.tally.take(destination.id)
        await self.house.store.database.write(lambda connection: tally.save(connection, destination.id, made))
        return True

    async def end(self) -> Pushed:
        """What was done, and when the first of the rest comes due."""
        next_at = self.stop_until
        if next_at is None and await self._destination() is not None:
            next_at = await self.house.store.database.read(
                lambda connection: pushes.next_due(connection, self.destination_id)
            )
        return Pushed(self.done, self.waiting, self.failed, self.retried, next_at)

    async def _destination(self) -> Integration | None:
        try:
            found = await self.house.store.database.read(
                lambda connection: integrations.get(connection, self.destination_id)
            )
        except NotFound:
            return None
        return found if found.state is State.ACTIVE else None

    def _pack(self, connection: Connection, destination: Integration) -> list[Parcel | Held]:
        """The due pushes of the first rule that has any: projects are there before anybody is assigned to them."""
        config = self.house.config
        due = pushes.due(connection, destination.id, ROUND, self.house.clock.now(), list(config.deliver))
        twins = Twins(connection, destination)
        return [pack(connection, config, destination, push, twins) for push in due if push.rule == due[0].rule]

    async def _take_in_turn(self, counter: Counter, gate: asyncio.Semaphore, parcels: list[Parcel]) -> None:
        for parcel in parcels:
            async with gate:
                if self.stop_until is None:
                    await self._take(counter, parcel)

    async def _take(self, counter: Counter, parcel: Parcel) -> None:
        try:
            handed = await counter.take(parcel)
        except StoreUnavailable:
            raise
        except Exception as error:
            await self._fail(counter.destination, parcel.push, error)
            return
        self.refusals = 0
        self.done += 1
        self.linked = self.linked or handed.link is not None
        await self.house.store.database.write(lambda connection: self._settle(connection, parcel, handed))

    def _settle(self, connection: Connection, parcel: Parcel, handed: Handed) -> None:
        """The links, what was sent, and what it was made from, in one transaction."""
        for link in (*parcel.matched, *([handed.link] if handed.link else [])):
            links.put(connection, link)
        doubts.clear(connection, parcel.push.id)
        includes.save(connection, parcel.push.integration_id, parcel.push.id, parcel.read)
        state = PushState.DONE if handed.fingerprint is not None else PushState.SKIPPED
        pushes.settle(
            connection,
            parcel.push,
            state,
            self.house.clock.now(),
            fingerprint=handed.fingerprint,
            archived=handed.archived,
            note=handed.note,
        )

    async def _hold(self, held: list[Held]) -> None:
        def work(connection: Connection) -> None:
            for one in held:
                includes.save(connection, one.push.integration_id, one.push.id, one.read)
                pushes.settle(connection, one.push, one.state, self.house.clock.now(), note=one.note)

        if held:
            await self.house.store.database.write(work)
        self.waiting += sum(one.state is PushState.WAITING for one in held)
        self.failed += sum(one.state is PushState.FAILED for one in held)

    async def _fail(self, destination: Integration, push: Push, error: Exception) -> None:
        """Later, or not again. A destination that cannot be called now stops the drain, a bad record only itself."""
        now = self.house.clock.now()
        again = is_passing(error) or (not isinstance(error, RunnerError) and push.attempts + 1 < MOST_ATTEMPTS)
        if not again:
            self.failed += 1
            self.house.log.error(
                "push-failed", push=push.id, rule=push.rule, record=push.external_id, note=words(error)
            )
            await self.house.store.database.write(
                lambda connection: pushes.settle(connection, push, PushState.FAILED, now, note=words(error))
            )
            return
        self.retried += 1
        due = until(error, push.attempts, now) if is_passing(error) else now + backoff(push.attempts)
        await self.house.store.database.write(lambda connection: pushes.defer(connection, push.id, due, words(error)))
        self.refusals += 1
        if is_passing(error) and (not isinstance(error, PartnerUnavailable) or self.refusals >= ENOUGH):
            self.stop_until = due if self.stop_until is None else max(due, self.stop_until)
            await refuse(self.house, destination, error)

    async def _wake_waiting(self) -> bool:
        """New links may be what others wait for: look at those again, once for all links of the round."""
        if not self.linked:
            return False
        self.linked = False
        now = self.house.clock.now()
        return bool(
            await self.house.store.database.write(
                lambda connection: pushes.wake_waiting(connection, self.destination_id, now)
            )
        )


def _alike(parcels: list[Parcel]) -> list[list[Parcel]]:
    """Parcels that say the same go one after the other: the second sees what the first did."""
    groups: defaultdict[str, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        groups[parcel.fingerprint].append(parcel)
    return list(groups.values())
