"""
The query language of QuickBooks: one entity, AND only, no projection.

Source: developer.intuit.com, explore-the-quickbooks-online-api/data-queries. That ids are ordered as numbers, and that
more than 1000 results are cut without a word, is this module's choice.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runner.authoring.simulate.table import Row

DEFAULT, MOST = 100, 1000
WORD = re.compile(r"\s*('(?:\\.|[^'\\])*'|<=|>=|[=<>(),*]|[^\s'=<>(),*]+)")
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


class BadQuery(Exception):
    """What the partner cannot parse."""


@dataclass(frozen=True)
class Statement:
    """One parsed statement; `start` counts from 1."""

    entity: str
    count: bool
    where: tuple[tuple[str, str, tuple[str, ...]], ...]
    order: str
    descending: bool
    start: int
    most: int

    def mentions(self, column: str) -> bool:
        return any(name == column for name, _, _ in self.where)

    def find(self, rows: Iterable[Row]) -> list[Row]:
        """The rows that satisfy it, in its order; not cut yet. Raises BadQuery."""
        found = [row for row in rows if all(_holds(row, *condition) for condition in self.where)]
        return sorted(found, key=lambda row: _rank(_value(row, self.order)), reverse=self.descending)

    def cut(self, rows: list[Row]) -> list[Row]:
        return rows[self.start - 1 : self.start - 1 + self.most]


def parse(text: str) -> Statement:
    """Raises BadQuery."""
    words = Words(text)
    words.expect("SELECT")
    count = not words.took("*")
    if count:
        for word in ("count", "(", "*", ")"):
            words.expect(word)
    words.expect("FROM")
    entity = words.next()
    where = tuple(_conditions(words)) if words.took("WHERE") else ()
    order, descending = _order(words)
    start = words.number() if words.took("STARTPOSITION") else 1
    most = words.number() if words.took("MAXRESULTS") else DEFAULT
    words.end()
    return Statement(entity, count, where, order, descending, start, min(most, MOST))


class Words:
    """The words of a statement, one after the other."""

    def __init__(self, text: str) -> None:
        self._words = WORD.findall(text)
        if WORD.sub("", text).strip():
            raise BadQuery("unexpected character")
        self._at = 0

    def took(self, word: str) -> bool:
        """Whether the next word is this one, which is then left behind."""
        found = self._at < len(self._words) and self._words[self._at].upper() == word.upper()
        self._at += found
        return found

    def expect(self, word: str) -> None:
        if not self.took(word):
            raise BadQuery(f"expected {word}")

    def next(self) -> str:
        if self._at == len(self._words):
            raise BadQuery("unexpected end of the statement")
        self._at += 1
        return str(self._words[self._at - 1])

    def number(self) -> int:
        word = self.next()
        if not word.isascii() or not word.isdigit() or word == "0":
            raise BadQuery(f"{word} is not a position")
        return int(word)

    def value(self) -> str:
        word = self.next()
        return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith("'") else word

    def end(self) -> None:
        if self._at < len(self._words):
            raise BadQuery(f"unexpected {self._words[self._at]}")


def _conditions(words: Words) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    while True:
        name, sign = words.next(), words.next().upper()
        if sign == "IN":
            words.expect("(")
            values = [words.value()]
            while words.took(","):
                values.append(words.value())
            words.expect(")")
            yield name, sign, tuple(values)
        elif sign in OPERATORS or sign == "LIKE":
            yield name, sign, (words.value(),)
        else:
            raise BadQuery(f"unknown operator {sign}")
        if not words.took("AND"):
            return


def _order(words: Words) -> tuple[str, bool]:
    """`ORDERBY` is the grammar's spelling; `ORDER BY` is understood too."""
    if not words.took("ORDERBY"):
        if not words.took("ORDER"):
            return "Id", False
        words.expect("BY")
    name = words.next()
    descending = words.took("DESC")
    if not descending:
        words.took("ASC")
    return name, descending


def _holds(row: Row, name: str, sign: str, values: tuple[str, ...]) -> bool:
    held = _value(row, name)
    if held is None:
        return False
    if sign == "LIKE":
        pattern = ".*".join(map(re.escape, values[0].split("%")))
        return re.fullmatch(pattern, str(held), re.IGNORECASE | re.DOTALL) is not None
    try:
        meant = [_like(held, value) for value in values]
    except ValueError:
        raise BadQuery(f"invalid value for {name}") from None
    return held in meant if sign == "IN" else OPERATORS[sign](held, meant[0])


def _like(held: Any, text: str) -> Any:
    """The text as a value of the same sort. Raises ValueError."""
    if isinstance(held, bool):
        return {"true": True, "false": False}[text.lower()] if text.lower() in {"true", "false"} else text
    if isinstance(held, int | float):
        return float(text)
    if isinstance(held, datetime):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=held.tzinfo)
    return text


def _value(row: Row, path: str) -> Any:
    own = {"MetaData.LastUpdatedTime": "updated", "MetaData.CreateTime": "created"}.get(path, path)
    held: Any = row
    for name in own.split("."):
        held = held.get(name) if isinstance(held, dict) else None
    return held


def _rank(value: Any) -> tuple[bool, int, Any]:
    """Nothing first; numbers, and ids that are written with digits, by their size."""
    if value is None:
        return False, 0, ""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return True, int(value), ""
    return (True, 0, value.timestamp()) if isinstance(value, datetime) else (True, 0, value)
