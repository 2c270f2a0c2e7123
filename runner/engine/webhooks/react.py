"""What the events of one chunk lead to, grouped by what is to be done: many events cost one call or one write."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy import Connection

from runner.components.handshakes.confirm import Confirm
from runner.connector.connector import Connector
from runner.connector.reaction import Delete, Disconnect, Fetch, Process, RunSync
from runner.connector.webhook import Webhooks
from runner.engine.house import House
from runner.engine.integrations.disconnect import part
from runner.engine.records.admit import admit, tell
from runner.engine.records.batch import Batch
from runner.engine.records.gone import delete
from runner.engine.records.process import digest
from runner.engine.trouble import backoff, is_passing, until, words
from runner.engine.webhooks.errands import Errand, errand_of
from runner.errors import MappingError, NotFound
from runner.mapping.functions import iso8601
from runner.model.event import EventState, WebhookEvent
from runner.model.integration import Integration, Reason
from runner.model.wakeup import WakeUp
from runner.store.columns import utc_text

MOST_ATTEMPTS = 8

Apply = Callable[[Connection], None]


@dataclass(frozen=True)
class Outcome:
    """What became of some events: settled in `state`; or, when `due` is given, to be looked at again then.

    `apply` is the effect, written in the same transaction. `spends` counts an attempt.
    """

    events: list[WebhookEvent]
    state: EventState = EventState.DONE
    note: str | None = None
    apply: Apply | None = None
    due: datetime | None = None
    spends: bool = False


@dataclass
class Plan:
    """A chunk of events, sorted by what they ask for; `outcomes` are those that need no call, `trials` the codes that
    an action gives back."""

    errands: dict[bytes, Errand] = field(default_factory=dict)
    batches: dict[str, tuple[Batch, list[WebhookEvent]]] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    trials: list[tuple[Confirm, WebhookEvent]] = field(default_factory=list)


def plan(house: House, connector: Connector, integration: Integration, events: Iterable[WebhookEvent]) -> Plan:
    """Sort events. One whose own data cannot be read fails alone, at once: another try would read the same."""
    made, webhooks = Plan(), connector.webhooks
    for event in events:
        try:
            _sort(made, house, connector, webhooks, integration, event)
        except MappingError as error:
            made.outcomes.append(Outcome([event], EventState.DEAD, words(error)))
    for batch, told in made.batches.values():
        tell(house, integration, batch)
        made.outcomes.append(Outcome(told, apply=_admitting(house, integration, batch)))
    return made


def failed(house: House, events: list[WebhookEvent], error: Exception) -> Outcome:
    """Events whose work failed: parked while the way to the partner fails, tried again, or spent."""
    now = house.clock.now()
    attempts = max(event.attempts for event in events)
    if is_passing(error):
        return Outcome(events, note=words(error), due=until(error, attempts, now))
    if isinstance(error, MappingError) or attempts + 1 >= MOST_ATTEMPTS:
        return Outcome(events, EventState.DEAD, words(error))
    return Outcome(events, note=words(error), due=now + backoff(attempts) * spread(events[0].id), spends=True)


def spread(event_id: str) -> float:
    """A factor from 1 to 1.25, the same for an event at every try: what failed together is not tried again together."""
    return 1 + crc32(event_id.encode()) % 1000 / 4000


def fetched(
    house: House, connector: Connector, integration: Integration, errand: Errand, found: list[Any], asked_at: datetime
) -> Outcome:
    """What a fetch brought, as of the time before it was asked for; nothing means that the thing is gone."""
    if not found:
        return _gone(house, integration, errand, asked_at)
    batch = digest(house, connector, errand.reaction.processor, found, asked_at)
    tell(house, integration, batch)
    return Outcome(errand.events, note=_note(batch), apply=_admitting(house, integration, batch))


def _sort(
    made: Plan,
    house: House,
    connector: Connector,
    webhooks: Webhooks | None,
    integration: Integration,
    event: WebhookEvent,
) -> None:
    because = webhooks.because(event.type, event.payload) if webhooks else "the connector has no webhooks"
    reaction = webhooks.reaction(event.type) if webhooks else None
    if because is not None:
        made.outcomes.append(Outcome([event], EventState.DROPPED, because))
    elif isinstance(reaction, Fetch):
        key, errand = errand_of(connector, reaction, event)
        made.errands.setdefault(key, errand).events.append(event)
    elif isinstance(reaction, Process):
        _take_payload(made, house, connector, integration, reaction, event)
    elif isinstance(reaction, Delete):
        key_ = (reaction.record, gone_id(reaction, event))
        apply = _deleting(house, integration, [key_], as_of([event]))
        made.outcomes.append(Outcome([event], apply=apply))
    elif isinstance(reaction, RunSync) and reaction.sync not in connector.syncs_of(integration.way):
        made.outcomes.append(Outcome([event], note=f"sync {reaction.sync} is for another way in"))
    elif isinstance(reaction, RunSync):
        wakeup = WakeUp("sync", integration.id, reaction.sync)
        apply = _waking(house, wakeup)
        made.outcomes.append(Outcome([event], note=f"sync {reaction.sync} is woken", apply=apply))
    elif isinstance(reaction, Confirm):
        made.trials.append((reaction, event))
    elif isinstance(reaction, Disconnect):
        made.outcomes.append(Outcome([event], apply=_parting(house, connector, integration, event)))


def _take_payload(
    made: Plan, house: House, connector: Connector, integration: Integration, reaction: Process, event: WebhookEvent
) -> None:
    """What an event holds itself is mapped now, and stored with that of the others."""
    payload = reaction.payload.search(event.payload)
    batch = digest(house, connector, reaction.processor, [] if payload is None else [payload], event.received_at)
    if payload is None or batch.bad:
        note = _note(batch) or f"there is nothing at `payload: {reaction.payload}`"
        made.outcomes.append(Outcome([event], note=note, apply=_admitting(house, integration, batch)))
        return
    known, told = made.batches.setdefault(reaction.processor, (Batch(reaction.processor), []))
    known.extend(batch)
    told.append(event)


def _gone(house: House, integration: Integration, errand: Errand, asked_at: datetime) -> Outcome:
    rule = errand.reaction.gone
    if rule is None:
        return Outcome(errand.events, note="the partner does not have it any more")
    try:
        keys = {(rule.record, gone_id(rule, event)) for event in errand.events}
    except MappingError as error:
        return Outcome(errand.events, EventState.DEAD, words(error))
    version = max(utc_text(asked_at), as_of(errand.events))
    apply = _deleting(house, integration, sorted(keys), version)
    return Outcome(errand.events, note="gone at the partner", apply=apply)


def as_of(events: list[WebhookEvent]) -> str:
    """How new the news of these events is: by the partner's clock or by ours, whichever is later.

    A record's version may come from either clock; a deletion must not lose against what it follows.
    """
    told: list[str | None] = [iso8601(event.occurred_at) for event in events if event.occurred_at]
    told += [utc_text(event.received_at) for event in events]
    return max(time for time in told if time)


def gone_id(rule: Delete, event: WebhookEvent) -> str:
    """The id of what an event says is gone; MappingError when it names none."""
    found = rule.id.search(event.payload)
    if not isinstance(found, str | int) or isinstance(found, bool) or found == "":
        raise MappingError(f"`{rule.id}` gives no id of a {rule.record} to delete", rule.id.place)
    return str(found)


def _note(batch: Batch) -> str | None:
    if batch.bad:
        return f"quarantined: {batch.bad[0].flaws[0].message}"[:500]
    return "left out by should_process" if batch.skipped else None


def _admitting(house: House, integration: Integration, batch: Batch) -> Apply:
    def apply(connection: Connection) -> None:
        admit(connection, house, integration, batch, house.clock.now())

    return apply


def _deleting(house: House, integration: Integration, keys: list[tuple[str, str]], version: str) -> Apply:
    def apply(connection: Connection) -> None:
        delete(connection, house, integration, keys, house.clock.now(), version)

    return apply


def _waking(house: House, wakeup: WakeUp) -> Apply:
    def apply(connection: Connection) -> None:
        house.store.queue.put(connection, replace(wakeup, run_at=house.clock.now()))

    return apply


def _parting(house: House, connector: Connector, integration: Integration, event: WebhookEvent) -> Apply:
    """Disconnect, unless the company has connected anew since the event came: then it speaks of the past."""

    def apply(connection: Connection) -> None:
        try:
            issued_at = house.store.vault.get(connection, integration.id).issued_at
        except NotFound:
            issued_at = None
        if issued_at is None or issued_at <= event.received_at:
            message = f"{connector.title} says that the company took the app away"
            reason = Reason("partner-disconnected", message, f"Connect {connector.title} again")
            part(connection, house, integration.id, reason)
            house.log.warning("disconnected", integration=integration.id, message=message)

    return apply
