"""Many rows as one parameter of PostgreSQL: a JSON text that an INSERT selects from. Each row by itself would cost its
driver more than all the rest of a webhook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import FromClause
from sqlalchemy.engine import Dialect

from runner.store.postgresql import visible

MOST = 1_000_000
"""Bytes of rows after which the next ones are given to another statement; one row may be larger."""
_VALUES = re.compile(r"VALUES \(((?:%\(\w+\)s(?:::[\w ]+)?(?:, )?)+)\)")


def selecting(text: str, table: FromClause, names: Sequence[str], dialect: Dialect) -> str:
    """An INSERT of one row, as it is compiled, as one that takes the rows in the parameter `rows`, in their order."""
    columns = ", ".join(f"{name} {_type(table.c[name].type.compile(dialect))}" for name in names)
    values = ", ".join(f"given.{name}{_cast(table.c[name].type.compile(dialect))}" for name in names)
    source = f"ROWS FROM (json_to_recordset(%(rows)s::json) AS ({columns})) WITH ORDINALITY AS given"
    taken = f"SELECT {values} FROM {source} ORDER BY given.ordinality"  # noqa: S608  # of names in the code
    made, count = _VALUES.subn(lambda _: taken, text)
    if count != 1 or _named(text) != list(names):
        raise ValueError(f"rows are given as {list(names)}, but the statement takes {_named(text)}")
    return made


def packed(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """Rows as JSON arrays of objects, each of about MOST bytes at most."""
    held: list[bytes] = []
    size = 0
    for row in rows:
        one = _dumped(names, row)
        if held and size + len(one) > MOST:
            yield _array(held)
            held, size = [], 0
        held.append(one)
        size += len(one)
    yield _array(held)


def _dumped(names: Sequence[str], row: tuple[Any, ...]) -> bytes:
    """A text that is itself JSON has its NULs escaped once more here: then each text is made visible by itself."""
    one = orjson.dumps(dict(zip(names, row, strict=True)), default=_hex)
    if b"u0000" in one:
        shown = [visible(value) if isinstance(value, str) else value for value in row]
        return orjson.dumps(dict(zip(names, shown, strict=True)), default=_hex)
    return one


def _array(held: list[bytes]) -> str:
    return f"[{b','.join(held).decode()}]"


def _hex(value: Any) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"a row holds a {type(value).__name__}")


def _type(compiled: str) -> str:
    """JSON is given as text, which it would be taken for."""
    return "TEXT" if compiled == "JSONB" else compiled


def _cast(compiled: str) -> str:
    return "::JSONB" if compiled == "JSONB" else ""


def _named(text: str) -> list[str]:
    found = _VALUES.search(text)
    return re.findall(r"%\((\w+)\)s", found[1]) if found is not None else []
