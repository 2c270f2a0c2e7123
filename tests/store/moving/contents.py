"""Rows for every table, awkward ones, and a database's export in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import orjson
from sqlalchemy import Boolean, Column, Connection, DateTime, Float, Integer, LargeBinary, String, Table, insert

from runner.model.wakeup import WakeUp
from runner.store.columns import Json, UtcDateTime
from runner.store.moving import carried
from runner.store.moving.export import export
from runner.store.moving.form import Header, Section, parts
from runner.store.moving.intake import take_in
from runner.store.store import Store
from tests.store.conftest import NOW

TEXTS = ("", "Zoë 😀", 'a\n\t\\"b"', "'; --", "\u2028", "x" * 300, "[1]", "null")
VALUES: tuple[Any, ...] = ({}, [], {"b": [1, 2.5, None], "a": {"ü": "\n"}}, "text", 7, True, [{"deep": [[]]}])
WAKEUPS = (
    WakeUp("events", "i1"),
    WakeUp("sync", "i1", "jobs", NOW + timedelta(hours=1), 5, {"full": True}),
    WakeUp("push", "i2", "host", NOW),
)


def fill(connection: Connection, seed: int, rows: int = 4) -> None:
    """Some rows in every table that is carried."""
    chance = Random(seed)
    for table in carried.tables():
        connection.execute(insert(table), [_row(table, number, chance) for number in range(1, rows + 1)])


def _row(table: Table, number: int, chance: Random) -> dict[str, Any]:
    unique = {
        column.name for column in table.columns if column.primary_key or "id" in column.name or "key" in column.name
    }
    unique |= {"digest", "reference", "company"}
    return {column.name: _value(column, number, chance, unique=column.name in unique) for column in table.columns}


def _value(column: Column[Any], number: int, chance: Random, *, unique: bool) -> Any:
    if column.nullable and chance.random() < 0.3:
        return None
    kind: Any = column.type
    if isinstance(kind, Json):
        return chance.choice(VALUES)
    if isinstance(kind, UtcDateTime | DateTime):
        return NOW + timedelta(microseconds=chance.randrange(10**15))
    if isinstance(kind, LargeBinary):
        return bytes([number, *chance.randbytes(chance.randrange(40))])
    if isinstance(kind, Boolean):
        return chance.random() < 0.5
    if isinstance(kind, Float):
        return chance.randrange(1000) / 8
    if isinstance(kind, Integer):
        return number * 3 if unique else chance.randrange(2**31)
    assert isinstance(kind, String)
    text = f"{number}{chance.choice(TEXTS)}" if unique else chance.choice(TEXTS)
    return text[: kind.length] if kind.length else text


async def exported(store: Store, hear: Callable[[str, int, int], None] = lambda *_: None) -> list[bytes]:
    """The lines of its export."""
    found: list[bytes] = []
    await store.database.read(lambda c: export(c, store.queue, NOW, found.append, hear))
    return b"".join(found).splitlines(keepends=True)


async def taken(store: Store, lines: Sequence[bytes]) -> Header:
    """Take them in, as one transaction."""
    return await store.database.write(lambda c: take_in(c, store.queue, lines, lambda *_: None))


def held(lines: Sequence[bytes]) -> tuple[dict[str, int], dict[str, list[str]]]:
    """The counters, and the rows of each table in an order of their own."""
    found: dict[str, list[str]] = {}
    header, *rest = parts(lines)
    assert isinstance(header, Header)
    table = ""
    for one in rest:
        if isinstance(one, Section):
            table = one.table
            found[table] = []
        else:
            found[table].append(orjson.dumps(one, option=orjson.OPT_SORT_KEYS).decode())
    return header.counters, {name: sorted(rows) for name, rows in found.items()}


def moved(lines: Sequence[bytes], *words: bytes) -> Iterator[bytes]:
    """The lines with a text in the place of another, in pairs."""
    for line in lines:
        for old, new in zip(words[::2], words[1::2], strict=True):
            line = line.replace(old, new)  # one after the other
        yield line
