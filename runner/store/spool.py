"""What one look at a partner finds, thing by thing, beside the database: in a file of its own that ends with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Generic, NamedTuple, Self, TypeVar, overload

import orjson

from runner.store.record_table import Key

T = TypeVar("T")

_TABLE = "CREATE TABLE found (number INTEGER PRIMARY KEY, kind, id, sort, version, told, UNIQUE (kind, id))"
_PUT = """
INSERT INTO found (kind, id, sort, version, told) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE SET sort = excluded.sort, version = excluded.version, told = excluded.told
"""
_ANY = "SELECT kind, id, told FROM found WHERE sort = ? ORDER BY kind, number LIMIT ? OFFSET ?"
_KNOWN = "SELECT id, sort, version FROM found WHERE kind = ? AND id IN (SELECT value FROM json_each(?))"


class Found(NamedTuple):
    """What is known of a thing so far: of what sort the finding is, and how new the thing."""

    sort: str
    version: str | None


class Spool:
    """Findings by kind and id, the last of each; SQLite keeps what is much in a nameless file, and drops it."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode=OFF")
        self._file.execute(_TABLE)
        self._file.execute("CREATE INDEX sorts ON found (sort, kind, number)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, key: Key | tuple[None, None], sort: str, version: str | None, told: Any = None) -> None:
        """Keep a finding in place of an earlier one about the same thing; `told` is any JSON value. Without a key it is
        one more."""
        self._file.execute(_PUT, (*key, sort, version, orjson.dumps(told)))

    def known(self, keys: Collection[Key]) -> dict[Key, Found]:
        """What was found so far about these things."""
        made: dict[Key, Found] = {}
        for kind in {kind for kind, _ in keys}:
            ids = orjson.dumps([one for of, one in keys if of == kind]).decode()
            made |= {(kind, one): Found(*found) for one, *found in self._file.execute(_KNOWN, (kind, ids))}
        return made

    def count(self, sort: str) -> int:
        """How many findings are of that sort."""
        [[count]] = self._file.execute("SELECT count(*) FROM found WHERE sort = ?", (sort,))
        return int(count)

    def some(self, sort: str, most: int = -1, start: int = 0) -> Iterator[tuple[str, str, Any]]:
        """Kind, id and what is told of the findings of one sort: `most` of them, all but for the first `start`."""
        for kind, one, told in self._file.execute(_ANY, (sort, most, start)):
            yield kind, one, orjson.loads(told)

    def clear(self) -> None:
        """Begin anew."""
        self._file.execute("DELETE FROM found")


class Pile(Sequence[T], Generic[T]):
    """The findings of one sort as `read` makes them of kind, id and what was told; one of them is here at a time."""

    def __init__(self, spool: Spool, sort: str, read: Callable[[str, str, Any], T]) -> None:
        self._spool = spool
        self._sort = sort
        self._read = read

    def __len__(self) -> int:
        return self._spool.count(self._sort)

    def __iter__(self) -> Iterator[T]:
        return (self._read(*found) for found in self._spool.some(self._sort))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        places = range(len(self))[index]
        if isinstance(places, int):
            return next(self._read(*found) for found in self._spool.some(self._sort, 1, places))
        return [self[place] for place in places]
