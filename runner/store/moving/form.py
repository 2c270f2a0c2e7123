"""The form of an export: JSON lines, UTF-8, read and written one by one.

    {"runner-export": 1, "schema": "0022", "made_by": "0.1.0", "made_at": "...", "from": "sqlite", "closed": true,
     "rows": {"integrations": 2, ...}, "counters": {"changes": 17}}
    {"table": "integrations", "columns": ["id", "company", ...]}
    ["5b0c...", "acme", ...]
    ...
    {"table": "wakeups", "columns": ["kind", "subject", ...]}
    ["sync", "5b0c...", ...]
    {"end": "sha256 of all lines before, in hex"}

A row is a list in the order of its table's columns: times are text (`2026-05-04T15:20:10.000000Z`), bytes are base64,
JSON is JSON. A file without its last line was broken off.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Column, LargeBinary

from runner.errors import ExportRefused
from runner.store.columns import UtcDateTime, utc_text

VERSION = 1
MARK = "runner-export"
Value = Callable[[Any], Any]


@dataclass(frozen=True)
class Header:
    """What an export says of itself. `rows` are counts by table; `counters`, by table, the highest number that was
    given; `closed`, whether its source takes nothing any more."""

    schema: str
    made_by: str
    made_at: str
    source: str
    closed: bool
    rows: dict[str, int]
    counters: dict[str, int]

    @property
    def total(self) -> int:
        """Of all rows."""
        return sum(self.rows.values())

    def line(self) -> Any:
        """As the first line holds it."""
        own = {"schema": self.schema, "made_by": self.made_by, "made_at": self.made_at, "from": self.source}
        return {MARK: VERSION, **own, "closed": self.closed, "rows": self.rows, "counters": self.counters}


@dataclass(frozen=True)
class Section:
    """The beginning of a table."""

    table: str
    columns: tuple[str, ...]


Row = list[Any]


class Lines:
    """Hands lines to `put`, as bytes, and ends them with the sum of all."""

    def __init__(self, put: Callable[[bytes], object]) -> None:
        self._put = put
        self._sum = sha256()

    def add(self, values: Iterable[Any]) -> None:
        """Some more."""
        text = b"".join(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE) for value in values)
        self._sum.update(text)
        self._put(text)

    def end(self) -> None:
        """The last line."""
        self._put(orjson.dumps({"end": self._sum.hexdigest()}, option=orjson.OPT_APPEND_NEWLINE))


def parts(lines: Iterable[bytes]) -> Iterator[Header | Section | Row]:
    """What the lines of an export hold, its header first. ExportRefused when it is none, or is altered or broken off:
    that shows at the end, so nothing may be kept before it was reached."""
    total, steps = sha256(), enumerate(lines, 1)
    for number, line in steps:
        value = _value(line, number)
        if number == 1:
            yield _header(value)
        elif isinstance(value, list):
            yield value
        elif "end" in value:
            _check_end(value["end"], total.hexdigest(), next(steps, None))
            return
        else:
            yield _section(value, number)
        total.update(line)
    raise ExportRefused("the export was broken off: its last line is missing (export again)")


def writers(columns: Iterable[Column[Any]]) -> list[Value]:
    """By column, how its value becomes JSON."""
    return [_form(column)[0] for column in columns]


def readers(columns: Iterable[Column[Any]]) -> list[Value]:
    """By column, how its value is had from JSON; they raise ValueError and TypeError."""
    return [_form(column)[1] for column in columns]


def _value(line: bytes, number: int) -> Any:
    try:
        value = orjson.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict | list) or (number == 1 and MARK not in value):
        what = (
            "this is no file of `runner export`" if number == 1 else f"line {number} of the export is none of its own"
        )
        raise ExportRefused(f"{what} (it may have been broken off or altered; export again)")
    return value


def _header(value: dict[str, Any]) -> Header:
    if value[MARK] != VERSION:
        raise ExportRefused(
            f"the export is of form {value[MARK]}, and this version of the runner reads form {VERSION} (import it with "
            f"the version that made it, {value.get('made_by')}, or export again with this one)"
        )
    try:
        own = [value[name] for name in ("schema", "made_by", "made_at", "from", "closed", "rows", "counters")]
    except KeyError as error:
        raise ExportRefused(f"the export does not say its {error.args[0]} (export again)") from None
    return Header(*own)


def _section(value: dict[str, Any], number: int) -> Section:
    try:
        return Section(value["table"], tuple(value["columns"]))
    except (KeyError, TypeError):
        raise ExportRefused(f"line {number} of the export is none of its own (export again)") from None


def _check_end(told: Any, found: str, more: Sequence[Any] | None) -> None:
    if told != found:
        raise ExportRefused("the export was altered: its sum is not that of its lines (export again)")
    if more is not None:
        raise ExportRefused("the export goes on after its end (export again)")


def _form(column: Column[Any]) -> tuple[Value, Value]:
    if isinstance(column.type, UtcDateTime):
        return _unless_none(utc_text), _unless_none(datetime.fromisoformat)
    if isinstance(column.type, LargeBinary):
        return _unless_none(lambda value: b64encode(value).decode()), _unless_none(_bytes)
    return _same, _same


def _unless_none(change: Value) -> Value:
    return lambda value: None if value is None else change(value)


def _bytes(text: str) -> bytes:
    return b64decode(text, validate=True)


def _same(value: Any) -> Any:
    return value
