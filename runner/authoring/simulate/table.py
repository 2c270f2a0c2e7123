"""What a simulated partner remembers: rows by id, in order of id, and in order of change."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Row = dict[str, Any]


class NoSuchRowError(LookupError):
    """The partner has no entity of that id."""


class Table:
    """
    Entities of one kind.

    Args:
        name: what the control surface calls it, for instance `jobs`.
        rows: entities as the partner shows them; each has `id`.
        modified: the field that a change moves, None where the partner has no such field.
        model: what new rows are copied from; the oldest row unless said.
        id_type: `int` or `str`, so that an id from a path or from JSON finds its row.
    """

    def __init__(
        self,
        name: str,
        rows: Iterable[Row],
        *,
        modified: str | None,
        id_type: Callable[[Any], Any] = str,
        model: Row | None = None,
    ) -> None:
        self.name = name
        self.modified = modified
        self._id_type = id_type
        self._rows: dict[Any, Row] = {row["id"]: row for row in rows}
        self._model = copy.deepcopy(model or next(iter(self), {}))
        self._columns = {column for row in (self._model, *self) for column in row}
        self._newest: int | None = None
        self._log = sorted(self._rows, key=self._first_place)
        self._place = {key: place for place, key in enumerate(self._log)}
        self._ordered: dict[str, list[Row]] = {}
        self._having: dict[str, dict[Any, list[Row]]] = {}
        self._recalled: tuple[object, list[Row]] | None = None

    def _first_place(self, key: Any) -> tuple[bool, Any, Any]:
        """Rows that were never changed come first."""
        changed = self._rows[key].get(self.modified or "id")
        return changed is not None, changed, key

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def get(self, key: object) -> Row | None:
        try:
            return self._rows.get(self._id_type(key))
        except ValueError:
            return None

    def row(self, key: object) -> Row:
        """The row itself, not a copy. Raises NoSuchRowError."""
        found = self.get(key)
        if found is None:
            msg = f"{self.name} has no entity {key!r}"
            raise NoSuchRowError(msg)
        return found

    def ordered(self, column: str) -> list[Row]:
        """Rows by `column`, then id; kept until something changes. Do not alter the list."""
        if column not in self._ordered:
            self._ordered[column] = sorted(self, key=lambda row: (row[column], row["id"]))
        return self._ordered[column]

    def recent(self) -> list[Row]:
        """Rows by their latest change, newest first; kept until something changes. Do not alter the list."""
        return self.recall("recent", lambda: [row for _, row in self.feed(0)][::-1])

    def recall(self, question: object, find: Callable[[], list[Row]]) -> list[Row]:
        """The answer to the latest question asked here, found again once something changes."""
        if self._recalled is None or self._recalled[0] != question:
            self._recalled = (question, find())
        return self._recalled[1]

    def having(self, column: str, value: object) -> list[Row]:
        """Rows whose `column` is `value`; kept until something changes. Do not alter the list."""
        if column not in self._having:
            groups: defaultdict[Any, list[Row]] = defaultdict(list)
            for row in self:
                groups[row[column]].append(row)
            self._having[column] = dict(groups)
        return self._having[column].get(value, [])

    def change(self, key: object, fields: Row, stamp: Any) -> Row:
        """Set `fields`, move the time of modification to `stamp`, and return the row."""
        row = self.row(key)
        if unknown := sorted(set(fields) - self._columns):
            msg = f"{self.name} has no field {', '.join(unknown)}; it has {', '.join(sorted(self._columns))}"
            raise ValueError(msg)
        row.update(fields)
        if self.modified is not None and self.modified not in fields:
            row[self.modified] = stamp
        self._note(row["id"])
        return row

    def add(self, row: Row) -> Row:
        self._rows[row["id"]] = row
        self._columns |= set(row)
        self._note(row["id"])
        return row

    def remove(self, key: object) -> Row:
        row = self.row(key)
        del self._rows[row["id"]]
        del self._place[row["id"]]
        self._forget()
        return row

    def model(self) -> Row:
        """A copy of the row that new ones are made from."""
        return copy.deepcopy(self._model)

    def next_number(self, number: Callable[[Any], int] = int) -> int:
        """A number above that of every id so far; `number` finds it in an id. None is given twice."""
        if self._newest is None:
            first = number(self._model["id"]) - 1
            self._newest = max((number(row["id"]) for row in self), default=first)
        self._newest += 1
        return self._newest

    def last_place(self) -> int:
        return len(self._log)

    def feed(self, place: int) -> Iterator[tuple[int, Row]]:
        """Each row once, in order of its latest change, with the place that follows it."""
        for index in range(place, len(self._log)):
            key = self._log[index]
            if self._place.get(key) == index:
                yield index + 1, self._rows[key]

    def _note(self, key: Any) -> None:
        self._place[key] = len(self._log)
        self._log.append(key)
        self._forget()

    def _forget(self) -> None:
        self._ordered.clear()
        self._having.clear()
        self._recalled = None
