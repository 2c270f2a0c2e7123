"""Bring what is due to one destination: rule by rule in the order of runner.yaml, a few records at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from runner.engine.abreast import abreast
from runner.engine.house import House
from runner.engine.links import unmatched
from runner.engine.links.parcel import Held
from runner.engine.links.relink import wake_waiting
from runner.engine.pushes import order
from runner.engine.pushes.counter import Counter, Packed
from runner.engine.pushes.counters import counter_of
from runner.engine.pushes.hand_over import Handed
from runner.engine.pushes.setback import Setback, setback
from runner.engine.pushes.settle import keep_read, settle
from runner.engine.records.mark import wake
from runner.errors import StoreUnavailable
from runner.model.circuit import Circuit, CircuitState
from runner.model.push import PushState
from runner.model.unmatched import Unmatched
from runner.store import circuits, feed, pushes

ROUND = 100
MOST_ROUNDS = 50


@dataclass
class Pushed:
    """How many pushes arrived, wait, failed for good and are tried again; `next_at` is when to come back, if at all."""

    done: int = 0
    waiting: int = 0
    failed: int = 0
    retried: int = 0
    next_at: datetime | None = None


async def drain(house: House, destination_id: str) -> Pushed:
    """Bring what is due. A destination that is not active keeps its pushes until it is connected again; one whose
    circuit is open, until a trial gets through."""
    work = _Work(house, destination_id)
    for _ in range(MOST_ROUNDS):
        if not await work.round():
            return await work.end()
    work.pushed.next_at = house.clock.now()
    return work.pushed


@dataclass
class _Work:
    house: House
    destination_id: str
    pushed: Pushed = field(default_factory=Pushed)
    circuit: Circuit = field(default=Circuit(""))
    stop_until: datetime | None = None
    news: bool = False
    """Whether something arrived that others may wait for."""
    seen: int = 0
    """How far the feed had come when the records of this round were read."""
    linked: set[str] = field(default_factory=set)
    """Whose records got links: what goes to them may wait for the same links, read from the other side."""

    async def round(self) -> bool:
        """One rule's pushes; False when there is nothing to do now."""
        counter = await counter_of(self.house, self.destination_id)
        if counter is None or self.stop_until is not None:
            return False
        packed = await self.house.store.database.read(lambda connection: self._pack(connection, counter))
        if not packed:
            return await self._wake_waiting()
        await self._hold([one for one in packed if isinstance(one, Held)])
        going = [one for one in packed if not isinstance(one, Held)]
        gate = asyncio.Semaphore(counter.pace.at_once)
        await abreast(self._take_in_turn(counter, gate, lot) for lot in counter.lots(going))
        await self._keep_pace(counter, len(going))
        await counter.close()
        return True

    async def end(self) -> Pushed:
        """What was done, and when the first of the rest comes due."""
        self.pushed.next_at = self.stop_until
        counter = await counter_of(self.house, self.destination_id)
        if self.stop_until is None and counter is not None:
            behind = order.behind(self.house.config, counter.name)
            self.pushed.next_at = await self.house.store.database.read(
                lambda connection: pushes.next_due(connection, self.destination_id, behind)
            )
        return self.pushed

    def _pack(self, connection: Connection, counter: Counter[Any]) -> list[Any]:
        """The due pushes of the first rule that has any: projects are there before anybody is assigned to them. A trial
        is made with the least tried of all, so that one at which the destination breaks is not each of them."""
        config, now, self.seen = self.house.config, self.house.clock.now(), feed.head(connection)
        self.circuit = circuits.get(connection, self.destination_id)
        state, free_at = self.circuit.state(now), self.circuit.free_at
        if state is CircuitState.OPEN:
            self.stop_until = self.circuit.trial_at
        elif counter.pace.rate is not None and free_at is not None and free_at > now:
            self.stop_until = free_at
        if self.stop_until is not None:
            return []
        limit = 1 if state is CircuitState.HALF_OPEN else _room(counter)
        behind = order.behind(config, counter.name)
        rules = () if state is CircuitState.HALF_OPEN else list(config.deliver)
        due = pushes.due(connection, self.destination_id, limit, now, rules, behind)
        mine = [push for push in due if push.rule == due[0].rule]
        held = {push.id: order.held(connection, config, push) for push in mine}
        packed = counter.pack(connection, [push for push in mine if held[push.id] is None])
        return [*(one for one in held.values() if one is not None), *packed]

    async def _take_in_turn(
        self, counter: Counter[Any], gate: asyncio.Semaphore, lot: Iterable[Sequence[Packed]]
    ) -> None:
        for load in lot:
            async with gate:
                if self.stop_until is None:
                    await self._take(counter, load)

    async def _take(self, counter: Counter[Any], load: Sequence[Packed]) -> None:
        try:
            fates = await counter.take(load)
        except StoreUnavailable:
            raise
        except Exception as error:  # a bug too: these pushes say so, and the others go on
            fates = [error] * len(load)
        arrived = [(one, fate) for one, fate in zip(load, fates, strict=True) if isinstance(fate, Handed)]
        failed = [(one, fate) for one, fate in zip(load, fates, strict=True) if isinstance(fate, Exception)]
        if arrived:
            await self._arrived(arrived)
        if failed:
            await self._failed(counter, failed, in_one=len(failed) == len(load))

    async def _arrived(self, arrived: Sequence[tuple[Packed, Handed]]) -> None:
        awaited = order.awaited(self.house.config)
        self.pushed.done += len(arrived)
        self.news = self.news or any(handed.link is not None or one.push.rule in awaited for one, handed in arrived)
        self.linked |= {handed.link.integration_id for _, handed in arrived if handed.link is not None}
        before, self.circuit = self.circuit, self.circuit.worked()

        def work(connection: Connection) -> None:
            for one, handed in arrived:
                settle(connection, one, handed, self.seen, self.house.clock.now())
            if before != self.circuit:
                circuits.put(connection, self.circuit)

        await self.house.store.database.write(work)
        if before.opened_at is not None:
            self.house.log.info("circuit-closed", destination=self.destination_id)

    async def _hold(self, held: list[Held]) -> None:
        now = self.house.clock.now()

        def work(connection: Connection) -> list[Unmatched]:
            for one in held:
                self._keep_read(connection, one, now)
                pushes.settle(connection, one.push, one.state, now, note=one.note, reason=one.reason)
            return unmatched.miss(connection, self.house, [one.unmatched for one in held if one.unmatched], now)

        if held:
            unmatched.tell(self.house, await self.house.store.database.write(work))
        self.pushed.waiting += sum(one.state is PushState.WAITING for one in held)
        self.pushed.failed += sum(one.state is PushState.FAILED for one in held)

    def _keep_read(self, connection: Connection, one: Held, at: datetime) -> None:
        """Who waits may wait for what has come meanwhile: a record of its own side, or a twin at the destination."""
        keep_read(connection, one.push, one.read, self.seen, at)
        if one.state is PushState.WAITING and feed.moved(connection, self.destination_id, self.seen):
            pushes.mark_again(connection, one.push.id, at)

    async def _failed(self, counter: Counter[Any], failed: Sequence[tuple[Packed, Exception]], *, in_one: bool) -> None:
        """Later, or not again. A destination that cannot be called now stops the drain, a bad record only itself."""
        now = self.house.clock.now()
        found = [setback(one.push, error, self.circuit, now) for one, error in failed]
        self.pushed.failed += sum(one.is_final for one in found)
        self.pushed.retried += sum(not one.is_final for one in found)
        before = self.circuit
        for one in found[:1] if in_one else found:
            if one.is_unavailable:
                self.circuit = self.circuit.failed(now, one.note, one.spread)
            elif one.is_refusal:
                self.circuit = self.circuit.worked()
        self._tell(found, before)
        await self.house.store.database.write(lambda connection: self._keep(connection, found, before))
        stops = [one for one in found if one.stops or self.circuit.state(now) is CircuitState.OPEN]
        if stops:
            until = max(one.due_at for one in stops)
            if self.circuit.state(now) is CircuitState.OPEN and self.circuit.trial_at is not None:
                until = self.circuit.trial_at
            self.stop_until = until if self.stop_until is None else max(until, self.stop_until)
            await counter.refuse(stops[0].error)

    def _keep(self, connection: Connection, found: Sequence[Setback], before: Circuit) -> None:
        now = self.house.clock.now()
        for one in found:
            if one.is_final:
                pushes.settle(
                    connection, one.push, PushState.FAILED, now, note=one.note, reason=one.reason, said=one.said
                )
            else:
                pushes.defer(connection, one.push.id, one.due_at, one.note)
        if self.circuit != before:
            circuits.put(connection, self.circuit)

    def _tell(self, found: Sequence[Setback], before: Circuit) -> None:
        """What a person should know: who failed for good, and that nothing goes out any more."""
        log, circuit = self.house.log, self.circuit
        for one in found:
            if one.is_final:
                whose = {"push": one.push.id, "rule": one.push.rule, "record": one.push.external_id}
                log.error("push-failed", **whose, reason=one.reason, note=one.note)
        if circuit.opened_at is not None and before.opened_at is None:
            trial = circuit.trial_at.isoformat(timespec="seconds") if circuit.trial_at else None
            log.error("circuit-opened", destination=self.destination_id, trial_at=trial, note=circuit.note)
        if circuit.opened_at is None and before.opened_at is not None:
            log.info("circuit-closed", destination=self.destination_id)

    async def _keep_pace(self, counter: Counter[Any], count: int) -> None:
        """Say when the destination's own rate lets the next push go: before the next round, in whatever process."""
        if counter.pace.rate is None or not count:
            return
        now = self.house.clock.now()
        self.circuit = self.circuit.paced(
            max(self.circuit.free_at or now, now) + timedelta(seconds=count / counter.pace.rate)
        )
        await self.house.store.database.write(lambda connection: circuits.put(connection, self.circuit))

    async def _wake_waiting(self) -> bool:
        """New links may be what others wait for: look at those again, once for all links of the round."""
        if not self.news or self.stop_until is not None:
            return False
        self.news = False
        linked, self.linked = {self.destination_id, *self.linked}, set()

        def work(connection: Connection) -> bool:
            woken = wake_waiting(connection, self.house.config, linked, self.house.clock.now())
            wake(connection, self.house.store.queue, woken - {self.destination_id})
            return self.destination_id in woken

        return await self.house.store.database.write(work)


def _room(counter: Counter[Any]) -> int:
    """How many pushes one round may have: of a destination with a rate, a second's worth."""
    return ROUND if counter.pace.rate is None else max(1, min(ROUND, int(counter.pace.rate)))
