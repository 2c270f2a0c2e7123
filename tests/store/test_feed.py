"""Reading records back: the feed, the filters, the export."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest
from sqlalchemy import Connection

from runner.errors import NotFound
from runner.model.record import Record
from runner.store import feed, records
from runner.store.database import Database
from tests.store.conftest import NOW


def add(connection: Connection, *names: str, integration_id: str = "i1", fields: int = 0, **more: object) -> None:
    found = [Record("project", name, {"n": fields}, processor="job", **more) for name in names]  # type: ignore[arg-type]  # test data
    records.upsert(connection, integration_id, found, NOW)


def order(found: list[feed.StoredRecord]) -> list[str]:
    return [stored.record.external_id for stored in found]


def test_the_feed_tells_every_change_in_order(connection: Connection) -> None:
    add(connection, "a", "b", "c")
    seen = feed.find(connection)
    add(connection, "a", fields=1)
    records.mark_deleted(connection, "i1", "project", ["b"], NOW)
    assert order(seen) == ["a", "b", "c"]
    assert order(feed.find(connection, after=seen[-1].sequence)) == ["a", "b"]


def test_numbers_are_not_given_twice_even_when_the_newest_is_removed(connection: Connection) -> None:
    add(connection, "a")
    last = feed.find(connection)[-1].sequence
    connection.execute(records.records.delete())
    add(connection, "b")
    assert feed.find(connection)[-1].sequence > last


def test_find_filters(connection: Connection) -> None:
    add(connection, "a")
    add(connection, "b", inactive=True)
    add(connection, "c", integration_id="i2")
    records.mark_deleted(connection, "i1", "project", ["a"], NOW)
    assert order(feed.find(connection, "i1")) == ["b", "a"]
    assert order(feed.find(connection, deleted=True)) == ["a"]
    assert order(feed.find(connection, deleted=False, inactive=False)) == ["c"]
    assert order(feed.find(connection, kind="contact")) == []


def test_children_are_those_of_the_parent_that_are_there(connection: Connection) -> None:
    add(connection, "a", "b", "gone", parent="p")
    add(connection, "c", parent="q")
    records.mark_deleted(connection, "i1", "project", ["gone"], NOW)
    assert order(feed.children(connection, "i1", "p")) == ["a", "b"]
    assert order(feed.children(connection, "i1", "p", "contact")) == []


def test_counts_tell_apart(connection: Connection) -> None:
    add(connection, "a", "b")
    add(connection, "c", inactive=True)
    records.mark_deleted(connection, "i1", "project", ["b"], NOW)
    assert feed.counts(connection) == {"project": {"active": 1, "inactive": 1, "deleted": 1}}


def test_the_export_goes_over_all_in_chunks(connection: Connection) -> None:
    add(connection, *(str(number) for number in range(7)))
    assert [stored.record.external_id for stored in feed.iterate(connection, chunk=3)] == list("0123456")


def test_what_was_never_there_is_not_found(connection: Connection) -> None:
    with pytest.raises(NotFound, match="no project 9"):
        feed.get(connection, "i1", "project", "9")


async def test_nobody_is_left_out_whoever_writes_meanwhile(database_url: str) -> None:
    """Several processes' writers and a reader who goes by the last number that it saw."""
    writers = [Database.open(database_url) for _ in range(3)]
    seen: dict[str, int] = {}
    stop = asyncio.Event()

    async def write(database: Database, name: str) -> None:
        for turn in range(12):
            ids = [f"{name}{number}" for number in range(turn, turn + 4)]
            await database.write(partial(_change, ids=ids, turn=turn))

    async def follow(database: Database) -> None:
        after, ended = 0, False
        while not ended:
            ended = stop.is_set()  # looked at before the page: what was written until then is in it
            head = await database.read(feed.head)
            page = await database.read(partial(feed.find, after=after, limit=1000))
            seen.update((one.record.external_id, one.record.fields["n"]) for one in page)
            after = max([head, *(one.sequence for one in page)])

    try:
        following = asyncio.create_task(follow(writers[0]))
        await asyncio.gather(*(write(one, name) for one, name in zip(writers, "abc", strict=True)))
        stop.set()
        await following
        stored = await writers[0].read(partial(feed.find, limit=1000))
        assert seen == {one.record.external_id: one.record.fields["n"] for one in stored}
    finally:
        for one in writers:
            await one.close()


def _change(connection: Connection, ids: list[str], turn: int) -> None:
    add(connection, *ids, fields=turn)


def test_what_moved_since_a_number_is_told_for_one_and_for_all(connection: Connection) -> None:
    add(connection, "a", "b")
    since = feed.head(connection)
    add(connection, "a", fields=1)
    add(connection, "b", integration_id="i2", fields=1)
    assert feed.moved(connection, "i1", since, [("project", "b"), ("project", "a")])
    assert not feed.moved(connection, "i1", since, [("project", "b"), ("contact", "a")])
    assert feed.moved(connection, "i1", since)
    assert not feed.moved(connection, "i3", since)
    assert not feed.moved(connection, "i1", feed.head(connection))


async def test_nobody_writes_between_the_answer_and_the_commit(database_url: str) -> None:
    asker, writer = Database.open(database_url), Database.open(database_url)
    asked, may_go = threading.Event(), threading.Event()

    def ask(connection: Connection) -> bool:
        moved = feed.moved(connection, "i1", 0)
        asked.set()
        may_go.wait(60)
        return moved or bool(feed.find(connection, "i1"))

    try:
        await writer.write(lambda connection: add(connection, "x", integration_id="i2"))
        asking = asyncio.create_task(asker.write(ask))
        await asyncio.to_thread(asked.wait, 60)
        writing = asyncio.create_task(writer.write(lambda connection: add(connection, "a")))
        done, _ = await asyncio.wait({writing}, timeout=0.05)
        may_go.set()
        assert not done
        assert not await asking
        await writing
    finally:
        may_go.set()
        for one in (asker, writer):
            await one.close()
