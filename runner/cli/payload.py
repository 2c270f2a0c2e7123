"""The payload files of `runner map`: one JSON value, a list of payloads, or JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from runner.cli.output import refuse
from runner.model.pieces import Pieces, decoded


def payloads(file: str) -> list[Any]:
    """The payloads in a file (`-`: standard input). Ends with exit code 2 when it holds no JSON."""
    try:
        found = json.loads(_text(file))
    except json.JSONDecodeError as error:
        remedy = "; --ndjson reads one payload a line" if error.msg == "Extra data" else ""
        refuse(f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg} (give a payload as JSON{remedy})")
    return found if isinstance(found, list) else [found]


def each(file: str) -> Iterator[Any]:
    """The payloads in a file of JSON lines, or in a list, one after the other: no two are decoded at once. Lines are
    read as they are asked for. Ends with exit code 2 at a line that is no JSON."""
    with _opened(file) as source:
        blank, first = next(((number, line) for number, line in enumerate(source) if line.strip()), (0, b""))
        if first.lstrip().startswith(b"["):
            yield from _of_list(first + source.read(), file)
        else:
            yield from _of_lines(chain([first], source), file, blank + 1)


def _of_list(text: bytes, file: str) -> Iterator[Any]:
    pieces = Pieces(text).items(())
    try:
        yield from map(decoded, pieces) if pieces is not None else orjson.loads(text)
    except orjson.JSONDecodeError as error:
        where = f"{file}:{error.lineno}:{error.colno}" if pieces is None else file
        refuse(f"{where}: not JSON: {error.msg} (give a list of payloads, or one payload a line)")


def _of_lines(lines: Iterable[bytes], file: str, first: int) -> Iterator[Any]:
    for number, line in enumerate(lines, first):
        if line.strip():
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                refuse(f"{file}:{number}:{error.colno}: not JSON: {error.msg} (--ndjson wants one payload a line)")


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except FileNotFoundError:
        refuse(f"there is no file {file} (check the path, or give - for standard input)")
    except OSError as error:
        refuse(f"{file} cannot be read: {error}")


def _text(file: str) -> str:
    try:
        with _opened(file) as source:
            return source.read().decode()
    except (OSError, UnicodeDecodeError) as error:
        refuse(f"{file} cannot be read as text: {error}")
