"""What is old goes in small batches, and nothing goes that is not done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import Connection, text

from runner.model.event import Delivery, EventState, WebhookEvent
from runner.model.run import Counts, RunState, SyncRun
from runner.model.wakeup import WakeUp
from runner.store import deliveries, rejections, retention, runs
from runner.store.events import EventFilter, find
from runner.store.inbox import Arrival, Inbox
from runner.store.rejections import Refusal, reject
from runner.store.retention import LEFT, SETTLED
from tests.store.conftest import NOW, later, plan

DELIVERY = Delivery("jobber", "POST", "https://x/webhooks/jobber", {}, b"{}", NOW)
EVENT = WebhookEvent("", "jobber", "CLIENT_UPDATE", "", "acc", {"a": 1}, NOW, integration_id="i1")
numbers = count()


class Deaf:
    """A queue that forgets."""

    def put_all(self, connection: Connection, some: Sequence[WakeUp]) -> None:
        pass


def arrive(connection: Connection, *states: EventState, second: float = 0) -> str:
    """A delivery whose events stand so, come at that second; its id."""
    told = [replace(EVENT, id=f"e{next(numbers)}", key=f"k{next(numbers)}", state=state) for state in states]
    delivery = replace(DELIVERY, received_at=later(second))
    came = Arrival(f"d{next(numbers)}", delivery, tuple(replace(one, received_at=later(second)) for one in told))
    Inbox(Deaf()).accept(connection, [came])  # type: ignore[arg-type]  # nobody works here
    return came.id


def left(connection: Connection) -> list[str]:
    return sorted(id_ for id_, _ in deliveries.find(connection))


@pytest.mark.parametrize("state", SETTLED)
def test_what_is_settled_goes_with_its_delivery(connection: Connection, state: EventState) -> None:
    arrive(connection, state)
    young = arrive(connection, state, second=60)
    assert retention.prune_events(connection, SETTLED, later(60), 10) == 1
    assert left(connection) == [young]
    assert len(find(connection, EventFilter())) == 1


@pytest.mark.parametrize("state", [state for state in EventState if state not in SETTLED])
def test_what_is_not_settled_stays(connection: Connection, state: EventState) -> None:
    kept = arrive(connection, state)
    assert retention.prune_events(connection, SETTLED, later(1e9), 10) == 0
    assert left(connection) == [kept]


def test_every_state_but_the_waiting_ones_has_its_end(connection: Connection) -> None:
    assert set(EventState) - set(SETTLED) - set(LEFT) == {EventState.PENDING}


def test_a_delivery_stays_as_long_as_one_of_its_events(connection: Connection) -> None:
    mixed = arrive(connection, EventState.DONE, EventState.PENDING)
    assert retention.prune_events(connection, SETTLED, later(1), 10) == 1
    assert left(connection) == [mixed]
    assert retention.prune_deliveries(connection, later(1), 10) == 0


def test_a_delivery_without_events_goes(connection: Connection) -> None:
    arrive(connection)
    assert retention.prune_deliveries(connection, later(1), 10) == 1
    assert left(connection) == []


def test_a_batch_is_small_the_oldest_first_whatever_stays_before_it(connection: Connection) -> None:
    stays = [arrive(connection, EventState.DEAD, second=second) for second in range(5)]
    goes = [arrive(connection, EventState.DONE, second=10 + second) for second in range(4)]
    assert retention.prune_events(connection, SETTLED, later(100), 3) == 3
    assert left(connection) == sorted([*stays, goes[3]])


def test_young_deliveries_are_not_looked_at(connection: Connection) -> None:
    for second in range(3):
        arrive(connection, EventState.DONE, second=second)
    found = plan(connection, lambda: retention.prune_events(connection, SETTLED, NOW, 10))
    assert "ix_deliveries_received_at" in found
    assert "ix_events_delivery_id" in found


def test_what_was_turned_away_goes(connection: Connection) -> None:
    for second in (0, 60):
        kept = replace(DELIVERY, received_at=later(second))
        reject(connection, [Refusal(Counter({("jobber", "x"): 1}), NOW, "x", kept)])
    assert retention.prune_rejected(connection, later(60), 10) == 1
    assert [one.delivery.received_at for one in rejections.kept(connection)] == [later(60)]
    assert [one.count for one in rejections.find(connection)] == [2]


def test_of_runs_the_last_of_each_sync_stays_and_so_do_those_that_run(connection: Connection) -> None:
    def ran(name: str, sync: str, second: float, *, ends: bool = True) -> None:
        runs.begin(connection, SyncRun(name, "i1", sync, False, RunState.RUNNING, later(second)))
        if ends:
            runs.end(connection, name, RunState.DONE, later(second + 1), Counts())

    for name, sync, second in (("a", "jobs", 0), ("b", "jobs", 10), ("c", "jobs", 20), ("d", "clients", 0)):
        ran(name, sync, second)
    ran("e", "jobs", 5, ends=False)
    assert retention.prune_runs(connection, later(1000), 10) == 2
    assert set(connection.scalars(text("SELECT id FROM sync_runs"))) == {"c", "d", "e"}


@pytest.mark.sqlite_only
def test_the_size_shrinks_with_what_goes(connection: Connection) -> None:
    empty = retention.kept(connection)
    big = replace(DELIVERY, body=b"x" * 500_000)
    deliveries.add(connection, [("d", big)])
    grown = retention.kept(connection)
    retention.prune_deliveries(connection, NOW + timedelta(days=1), 10)
    assert empty.oldest is None
    assert grown.oldest == NOW
    assert empty.bytes <= retention.size(connection) < grown.bytes - 400_000
