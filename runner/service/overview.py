"""How everything stands, read from the store in one view: for `runner status`, the API and the metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from runner.connector.library import Connectors
from runner.model.event import EventState
from runner.model.integration import Integration, State
from runner.model.push import PushState
from runner.model.run import RunState
from runner.service.attendance import Attendance, attendance
from runner.service.bound import destinations
from runner.service.push_shapes import DestinationShape
from runner.service.shapes import IntegrationShape, SubscriptionShape, SyncShape
from runner.store import (
    calls,
    changes,
    checkpoints,
    events,
    feed,
    integrations,
    pauses,
    pushes,
    quarantine,
    rejections,
    retention,
    runs,
    subscriptions,
    waits,
)
from runner.store.calls import Calls
from runner.store.changes import Telling
from runner.store.moving import closing
from runner.store.queue import Queue
from runner.store.rejections import Rejection
from runner.store.retention import Kept
from runner.store.waits import Waits

FAILING = 3
"""After so many failed runs in a row an active integration is said to be failing."""


@dataclass(frozen=True)
class Standing:
    """How one integration stands."""

    integration: Integration
    syncs: tuple[SyncShape, ...]
    records: dict[str, dict[str, int]]
    events: dict[EventState, int]
    pushes: dict[PushState, int]
    retries: int
    quarantined: int
    calls: Calls
    waits: tuple[Waits, ...] = ()
    subscriptions: tuple[SubscriptionShape, ...] = ()

    @property
    def health(self) -> str:
        """`fine`; `failing` when a sync of an active one fails again and again, which is no matter of its credential;
        else the state."""
        if self.integration.state is not State.ACTIVE:
            return self.integration.state.value
        return "failing" if any(sync.failures >= FAILING for sync in self.syncs) else "fine"

    def shown(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "health": self.health,
            **IntegrationShape.of(self.integration).model_dump(mode="json"),
            "syncs": [sync.model_dump(mode="json") for sync in self.syncs],
            "records": self.records,
            "events": {state.value: count for state, count in self.events.items()},
            "pushes": {state.value: count for state, count in self.pushes.items()},
            "pushes_retried": self.retries,
            "pushes_waiting": [vars(one) for one in self.waits],
            "subscriptions": [one.model_dump(mode="json") for one in self.subscriptions],
            "quarantined": self.quarantined,
            "calls": self.calls.calls,
            "calls_limited": self.calls.limited,
        }


@dataclass(frozen=True)
class Overview:
    """How everything stands: the integrations, who works on what waits, and what was turned away."""

    integrations: tuple[Standing, ...]
    events: dict[EventState, int]
    attendance: Attendance
    rejections: tuple[Rejection, ...]
    kept: Kept
    notices: dict[Telling, int] = field(default_factory=dict)
    destinations: tuple[DestinationShape, ...] = ()
    closed_since: datetime | None = None
    """Since when the database takes nothing more, or is about to (`runner export --close`)."""

    def shown(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "closed_since": self.closed_since.isoformat() if self.closed_since else None,
            "integrations": [standing.shown() for standing in self.integrations],
            "events": {state.value: count for state, count in self.events.items()},
            **self.attendance.shown(),
            "destinations": [one.model_dump(mode="json") for one in self.destinations],
            "notices": {telling.value: count for telling, count in self.notices.items()},
            "rejections": [vars(one) | {"last_at": one.last_at.isoformat()} for one in self.rejections],
            "kept": {
                "oldest_delivery": self.kept.oldest.isoformat() if self.kept.oldest else None,
                "bytes": self.kept.bytes,
            },
        }


def overview(connection: Connection, connectors: Connectors, queue: Queue, now: datetime) -> Overview:
    """Read it all, as it is now; one consistent view."""
    found = integrations.find(connection)
    return Overview(
        integrations=tuple(standing(connection, one, sync_names(connectors, one)) for one in found),
        events=events.counts(connection),
        attendance=attendance(connection, queue, now),
        rejections=tuple(rejections.find(connection)),
        kept=retention.kept(connection),
        notices=changes.counts(connection),
        destinations=tuple(destinations(connection, now)),
        closed_since=closing.closed_since(connection),
    )


def standing(connection: Connection, integration: Integration, syncs: list[str]) -> Standing:
    """How one integration stands. Its pushes are those on their way to it."""
    sent = pushes.counts(connection, destination=integration.id)
    return Standing(
        integration=integration,
        syncs=tuple(_sync(connection, integration.id, name) for name in syncs),
        records=feed.counts(connection, integration.id),
        events=events.counts(connection, integration.id),
        pushes=sent.states,
        retries=sent.retries,
        quarantined=sum(quarantine.counts(connection, integration.id).values()),
        calls=calls.total(connection, integration.id),
        waits=tuple(waits.find(connection, integration.id)) if sent.states[PushState.WAITING] else (),
        subscriptions=tuple(SubscriptionShape.of(one) for one in subscriptions.of(connection, integration.id)),
    )


def sync_names(connectors: Connectors, integration: Integration) -> list[str]:
    """The syncs of an integration's connector; none when its file is gone."""
    if integration.connector not in connectors.names():
        return []
    return list(connectors.get(integration.connector).syncs_of(integration.way))


def _sync(connection: Connection, integration_id: str, name: str) -> SyncShape:
    checkpoint = checkpoints.get(connection, integration_id, name)
    last = runs.last(connection, integration_id, name)
    failures = runs.failures(connection, integration_id, name) if last and last.state is not RunState.DONE else 0
    paused = pauses.is_paused(connection, integration_id, name)
    return SyncShape.of(name, checkpoint, last, failures, paused=paused)
