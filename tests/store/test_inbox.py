"""From arrival to settled: nothing accepted is lost, nothing is taken twice, everything can be run again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import Connection, text

from runner.model.event import Delivery, EventState, WebhookEvent
from runner.model.integration import Integration
from runner.store import deliveries, events, inbox
from runner.store.database import Database
from runner.store.events import EventFilter
from runner.store.inbox import Accepted, Arrival, Inbox
from runner.store.store import open_queue
from tests.store.conftest import NOW, later, plan

DELIVERY = Delivery("jobber", "POST", "https://x/webhooks/jobber", {"x-sig": "abc"}, b'{"a":1}', NOW)
numbers = count()


def event(key: str = "k1", integration_id: str | None = "i1", **more: object) -> WebhookEvent:
    plain = WebhookEvent(f"e{next(numbers)}", "jobber", "CLIENT_UPDATE", key, "acc", {"a": [1]}, NOW)
    return replace(plain, integration_id=integration_id, **more)  # type: ignore[arg-type]  # test data


def arrival(*told: WebhookEvent) -> Arrival:
    return Arrival(f"d{next(numbers)}", DELIVERY, told)


@pytest.fixture
def way_in(database: Database) -> Inbox:
    return Inbox(open_queue(database, []))


def accept(way_in: Inbox, connection: Connection, *told: WebhookEvent) -> Accepted:
    return way_in.accept(connection, [arrival(*told)])[0]


def keys(found: list[WebhookEvent]) -> list[str]:
    return [told.key for told in found]


def woken(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT key FROM wakeups ORDER BY key")))


async def test_an_accepted_arrival_is_stored_with_its_wakeup(database: Database, way_in: Inbox) -> None:
    told = event(occurred_at="2026-05-04T15:20:09Z")
    came = arrival(told)
    accepted = await database.append(way_in.accept, came)
    assert accepted == Accepted(came.id, (told.id,))
    (stored,) = await database.read(lambda connection: inbox.pending(connection, "i1", 10, NOW))
    assert stored == replace(told, delivery_id=came.id)
    assert await database.read(lambda connection: deliveries.get(connection, came.id)) == DELIVERY
    assert await database.read(woken) == ["events:i1"]


async def test_the_same_event_a_hundred_times_at_once_is_pending_once(database: Database, way_in: Inbox) -> None:
    results = await asyncio.gather(*(database.append(way_in.accept, arrival(event())) for _ in range(100)))
    assert sum(result.duplicates for result in results) == 99
    found = await database.read(events.counts)
    assert (found[EventState.PENDING], found[EventState.DUPLICATE]) == (1, 99)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 31, 32, 1000, 1001])
def test_duplicates_are_found_however_many_come_together(connection: Connection, way_in: Inbox, count: int) -> None:
    came = [event(f"k{number}") for number in range(count)]
    assert accept(way_in, connection, *came[: count // 2]).duplicates == 0
    again = [replace(one, id=f"{one.id}-again") for one in came]
    assert accept(way_in, connection, *again).duplicates == count // 2


def test_a_duplicate_wakes_nobody(connection: Connection, way_in: Inbox) -> None:
    accept(way_in, connection, event())
    connection.execute(text("DELETE FROM wakeups"))
    assert accept(way_in, connection, event()).duplicates == 1
    assert woken(connection) == []


def test_the_same_key_of_another_account_or_connector_is_no_duplicate(connection: Connection, way_in: Inbox) -> None:
    told = (event(), event(account_id="other"), event(connector="hover"), event(account_id=None))
    assert accept(way_in, connection, *told).duplicates == 0


def test_without_an_account_the_integration_tells_duplicates_apart(connection: Connection, way_in: Inbox) -> None:
    told = (event(account_id=None), event(account_id=None, integration_id="i2"), event(account_id=None))
    assert accept(way_in, connection, *told).duplicates == 1


def test_what_nobody_connected_waits_for_a_route(connection: Connection, way_in: Inbox) -> None:
    assert accept(way_in, connection, event(integration_id=None)).unrouted == 1
    assert woken(connection) == []
    mine = Integration("i1", "acme", "jobber", "production", account_id="acc")
    assert inbox.route(connection, replace(mine, account_id="another")) == 0
    found = plan(connection, lambda: inbox.route(connection, replace(mine, id="i9")))
    assert "ix_events_unrouted" in found or connection.dialect.name == "postgresql"  # whose plan is one for few rows
    assert keys(inbox.pending(connection, "i9", 10, NOW)) == ["k1"]


@pytest.mark.parametrize(("environment", "routed"), [("sand_box", 1), ("sandybox", 0), ("box", 0), ("production", 0)])
def test_what_was_proved_for_one_environment_waits_for_it(
    connection: Connection, way_in: Inbox, environment: str, routed: int
) -> None:
    told = replace(DELIVERY, environments=frozenset({"sand_box", "other"}))
    way_in.accept(connection, [Arrival("d1", told, (event(integration_id=None),))])
    assert deliveries.get(connection, "d1").environments == told.environments
    assert inbox.route(connection, Integration("i1", "acme", "jobber", environment, account_id="acc")) == routed


def test_what_is_said_in_one_environment_is_no_duplicate_in_another(connection: Connection, way_in: Inbox) -> None:
    told = [replace(DELIVERY, environments=only) for only in (frozenset({"sandbox"}), frozenset({"production"}), None)]
    first = [Arrival(f"d{number}", one, (event(id=f"e{number}"),)) for number, one in enumerate(told)]
    again = [Arrival(f"r{number}", one, (event(id=f"r{number}"),)) for number, one in enumerate(told)]
    assert [one.duplicates for one in way_in.accept(connection, first)] == [0, 0, 0]
    assert [one.duplicates for one in way_in.accept(connection, again)] == [1, 1, 1]


def test_what_the_connector_leaves_out_is_kept_and_wakes_nobody(connection: Connection, way_in: Inbox) -> None:
    accept(way_in, connection, event(state=EventState.DROPPED, note="not ours"))
    assert events.find(connection, EventFilter(state=EventState.DROPPED))[0].note == "not ours"
    assert woken(connection) == []


def test_headers_that_are_secrets_are_not_stored(connection: Connection, way_in: Inbox) -> None:
    secret = replace(DELIVERY, headers={"authorization": "Basic c2VjcmV0", "x-sig": "abc"})
    deliveries.add(connection, [("d", secret)])
    assert deliveries.get(connection, "d").headers == {"x-sig": "abc"}


def test_pending_comes_in_the_order_of_arrival_up_to_the_limit(connection: Connection, way_in: Inbox) -> None:
    accept(way_in, connection, event("b"), event("a"), event("c", integration_id="i2"))
    accept(way_in, connection, event("d"))
    assert keys(inbox.pending(connection, "i1", 2, NOW)) == ["b", "a"]


def test_pending_is_found_by_its_index(connection: Connection) -> None:
    assert "ix_events_pending" in plan(connection, lambda: inbox.pending(connection, "i1", 10, NOW))


def test_a_deferred_event_waits_and_counts_an_attempt(connection: Connection, way_in: Inbox) -> None:
    (event_id,) = accept(way_in, connection, event()).event_ids
    inbox.defer(connection, [event_id], later(60), "partner is away")
    assert inbox.pending(connection, "i1", 10, later(59)) == []
    assert inbox.next_due(connection, "i1") == later(60)
    assert inbox.waiting(connection, later(59)) == []
    assert inbox.waiting(connection, later(60)) == ["i1"]
    (due,) = inbox.pending(connection, "i1", 10, later(60))
    assert (due.attempts, due.note) == (1, "partner is away")


def test_a_settled_event_is_not_pending(connection: Connection, way_in: Inbox) -> None:
    ids = accept(way_in, connection, event("a"), event("b")).event_ids
    inbox.settle(connection, ids[:1], EventState.DONE)
    inbox.settle(connection, ids[1:], EventState.DEAD, "no such job")
    assert inbox.pending(connection, "i1", 10, NOW) == []
    assert events.get(connection, ids[1]).note == "no such job"
    assert events.counts(connection, "i1")[EventState.DONE] == 1


def test_a_replay_makes_what_fits_pending_again(connection: Connection, way_in: Inbox) -> None:
    ids = accept(way_in, connection, event("a"), event("b"), event("c", integration_id="i2")).event_ids
    inbox.settle(connection, ids, EventState.DEAD, "spent")
    assert inbox.replay(connection, EventFilter(ids=ids[:1])) == {"i1": 1}
    assert inbox.replay(connection, EventFilter(state=EventState.DEAD, connector="jobber")) == {"i1": 1, "i2": 1}
    assert keys(inbox.pending(connection, "i1", 10, NOW)) == ["a", "b"]
    assert events.get(connection, ids[0]).note is None


def test_a_replay_leaves_alone_what_nobody_connected(connection: Connection, way_in: Inbox) -> None:
    accept(way_in, connection, event(integration_id=None))
    assert inbox.replay(connection, EventFilter(connector="jobber")) == {}


def test_find_takes_every_filter(connection: Connection, way_in: Inbox) -> None:
    accept(way_in, connection, event("a"), event("b", type="JOB", received_at=later(10)))
    assert keys(events.find(connection, EventFilter(type="JOB"))) == ["b"]
    assert keys(events.find(connection, EventFilter(since=later(10)))) == ["b"]
    assert keys(events.find(connection, EventFilter(until=later(10)))) == ["a"]
    assert keys(events.find(connection, EventFilter(integration_id="i1"), limit=1)) == ["b"]


def test_digests_of_keys_that_grow_lie_beside_one_another() -> None:
    marks = [events.digest(event(f"evt-{number:04}")) for number in range(100)]
    assert marks == sorted(marks)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (event("k" * 24 + "a" * 16), event("k" * 24 + "b" * 16)),
        (event("k1"), event("k1", account_id="other")),
        (event("k1"), event("k1", connector="hover")),
        (event("1", account_id=None, integration_id="i1"), event("1", account_id=None, integration_id="i2")),
        (event("1", account_id="i1"), event("1", account_id=None, integration_id="i1")),
    ],
    ids=["long-keys", "accounts", "connectors", "integrations", "account-and-integration"],
)
def test_what_differs_in_anything_differs_in_its_digest(one: WebhookEvent, other: WebhookEvent) -> None:
    assert events.digest(one) != events.digest(other)


def test_a_long_key_is_cut_to_a_digest_that_no_short_one_has() -> None:
    assert {len(events.digest(event("k" * size))) for size in range(1, 500)} == {*range(17, 56), 56}


def test_the_environments_that_an_event_is_proved_for_are_part_of_its_digest() -> None:
    told = event()
    marks = {events.digest(told, proved) for proved in (None, frozenset(), frozenset({"a"}), frozenset({"a", "b"}))}
    assert len(marks) == 4
    assert events.digest(told, frozenset({"a", "b"})) == events.digest(told, frozenset({"b", "a"}))
