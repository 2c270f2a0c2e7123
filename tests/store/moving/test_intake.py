"""An export is taken in whole or not at all, and numbers go on behind those that were given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, insert

from runner.errors import ExportRefused
from runner.model.integration import Integration, State
from runner.model.wakeup import WakeUp
from runner.store import changes, integrations
from runner.store.migration import newest
from runner.store.moving import carried
from runner.store.moving.intake import check
from runner.store.sequences import draw
from runner.store.store import Store
from runner.store.tables import metadata
from tests.store.conftest import NOW
from tests.store.moving.contents import WAKEUPS, exported, moved, taken

LEASE = timedelta(minutes=5)
Lines = list[bytes]
SCHEMA = f'"schema":"{newest()}"'.encode()
_CHANGE = {
    "about": "i8", "company": "acme", "connector": "jobber", "environment": "production", "event": "begun",
    "at": NOW, "telling": "told", "attempts": 0,
}  # fmt: skip
SPOILT: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "cut": (lambda lines: lines[:-1], "broken off: its last line is missing"),
    "cut in a line": (lambda lines: [*lines[:-9], lines[-9][:20]], "is none of its own"),
    "empty": (lambda _: [], "broken off"),
    "another file": (lambda _: [b'{"records": []}\n'], "this is no file of `runner export`"),
    "no JSON": (lambda _: [b"SQLite format 3\x00"], "this is no file of `runner export`"),
    "altered": (lambda lines: [*moved(lines, b'"acme"', b'"acne"')], "altered: its sum is not that of its lines"),
    "a row less": (lambda lines: [line for line in lines if b'["sync",' not in line], "altered"),
    "more behind it": (lambda lines: [*lines, b"{}\n"], "goes on after its end"),
    "a value of another sort": (lambda lines: [*moved(lines, b'"2026-05-04T15:20:10.000000Z"', b"7")], "that is none"),
    "a row too long": (lambda lines: [*moved(lines, b'["sync",', b'["sync",1,')], "a row of wakeups that is none"),
    "a row of nothing": (lambda lines: [lines[0], b"[]\n", *lines[1:]], "a row before any table that is none"),
    "another form": (lambda lines: [*moved(lines, b'"runner-export":1', b'"runner-export":2')], "is of form 2"),
    "another schema": (
        lambda lines: [*moved(lines, SCHEMA, b'"schema":"0001"')],
        "is of schema 0001, and this",
    ),
    "a half header": (lambda lines: [*moved(lines, b'"closed"', b'"clsd"')], "does not say its closed"),
    "another table": (lambda lines: [*moved(lines, b'"pauses"', b'"poses"')], "other tables than this version"),
    "another section": (lambda lines: [*moved(lines, b'{"table":"pauses"', b'{"table":"x"')], "the columns of x"),
    "another column": (lambda lines: [*moved(lines, b'"external_id"', b'"foreign_id"')], "the columns of"),
    "no section": (lambda lines: [*moved(lines, b'{"table":', b'{"tabel":')], "is none of its own"),
}


@pytest.fixture
async def lines(source: Store) -> Lines:
    def work(connection: Connection) -> None:
        source.begin(connection, Integration("i1", "acme", "jobber", State.PENDING, since=NOW, created_at=NOW))
        source.queue.put_all(connection, WAKEUPS)

    await source.database.write(work)
    return await exported(source)


@pytest.mark.parametrize("flaw", SPOILT)
async def test_what_is_not_whole_is_refused_and_nothing_of_it_stays(target: Store, lines: Lines, flaw: str) -> None:
    spoil, said = SPOILT[flaw]
    with pytest.raises(ExportRefused, match=said):
        await taken(target, spoil(lines))
    counts = await target.database.read(carried.counts)
    assert set(counts.values()) == {0}
    assert await target.queue.depth() == {"waiting": 0, "running": 0}
    with pytest.raises(ExportRefused, match=said):
        check(spoil(lines), lambda *_: None)


async def test_the_sum_shows_a_count_that_was_mended(target: Store, lines: Lines) -> None:
    with pytest.raises(ExportRefused, match="altered"):
        await taken(target, [*moved(lines, b'"pauses":0', b'"pauses":1')])


async def test_it_goes_into_an_empty_database_only(target: Store, lines: Lines) -> None:
    await taken(target, lines)
    with pytest.raises(ExportRefused, match="is not empty: there are integrations"):
        await taken(target, lines)


async def test_a_process_that_looked_at_the_database_has_not_filled_it(target: Store, lines: Lines) -> None:
    tick = insert(metadata.tables["schedules"]).values(key="retain", last_tick=NOW)
    await target.database.write(lambda c: c.execute(tick).rowcount)
    await taken(target, lines)
    assert (await target.database.read(carried.counts))["schedules"] == 0


async def test_a_row_that_the_database_minds_is_told(target: Store, lines: Lines) -> None:
    (row,) = [line for line in lines if line.startswith(b'["i1","acme"')]
    doubled = [one for line in lines for one in ([line, line] if line == row else [line])]
    with pytest.raises(ExportRefused, match="does not take a row of integrations: "):
        await taken(target, doubled)


async def test_numbers_go_on_behind_those_that_were_given(source: Store, target: Store) -> None:
    def given(connection: Connection) -> None:
        connection.execute(insert(table).values(_CHANGE | {"id": 12}))
        draw(connection, "records", 1000)
        connection.execute(insert(table), [_CHANGE] * 3)
        connection.execute(delete(table).where(table.c.id > 12))

    table, one = (
        metadata.tables["changes"],
        Integration("i9", "acme", "jobber", State.PENDING, since=NOW, created_at=NOW),
    )
    await source.database.write(given)
    await taken(target, await exported(source))

    def more(connection: Connection) -> tuple[int, int]:
        changes.add(connection, one, "y", State.ACTIVE, None, NOW)
        return changes.find(connection, "i9")[0].change.id, draw(connection, "records", 1)

    assert await target.database.write(more) == (12 + 3 + 1, 1001)


async def test_wake_ups_go_into_the_queue_of_the_target(source: Store, target: Store) -> None:
    await source.database.write(lambda c: source.queue.put_all(c, WAKEUPS))
    await source.queue.take("w", 1, LEASE, NOW)
    await taken(target, await exported(source))
    found = await target.database.read(lambda c: list(target.queue.listed(c)))
    assert sorted(found, key=key_of) == sorted(WAKEUPS, key=key_of)
    assert await target.database.read(integrations.find) == []


def key_of(wakeup: WakeUp) -> str:
    return wakeup.key
