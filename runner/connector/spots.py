"""Where each character of a YAML text stands, when quotes, escapes or folding move it from where it seems to be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Spot = tuple[int, int]

_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")


def split_lines(text: str) -> list[str]:
    """The lines as YAML 1.1 counts them."""
    return _BREAK.split(text)


def spots(text: str, lines: Sequence[str], start: Spot, end: Spot, style: str | None) -> tuple[Spot, ...]:
    """The line and column (from 1) of each character of `text`, and of its end; `start` and `end` count from 0.

    The source between them is followed along: what the parser folds, unescapes or leaves out is skipped.
    """
    source = list(_source(lines, start, end, style))
    found: list[Spot] = []
    at = 0
    for character in text:
        while at < len(source) and not _stands_for(source[at][0], character):
            at += 1
        if at >= len(source):
            break
        found.append(source[at][1])
        at += 1
    last = found[-1] if found else (start[0] + 1, start[1] + 1)
    return (*found, *[last] * (len(text) + 1 - len(found)))


def _source(lines: Sequence[str], start: Spot, end: Spot, style: str | None) -> Iterator[tuple[str, Spot]]:
    """What stands for one character each, with its place; a quote, an escape or a line break is one."""
    quoted = 1 if style in ("'", '"') else 0
    for number in range(start[0], min(end[0] + 1, len(lines))):
        line = lines[number][: end[1] - quoted] if number == end[0] else lines[number]
        column = start[1] + quoted if number == start[0] else 0
        while column < len(line):
            piece = line[column]
            if style == '"' and piece == "\\":
                escape = _ESCAPE.match(line, column)
                piece = escape[0] if escape else piece
            elif style == "'" and line.startswith("''", column):
                piece = "''"
            yield piece, (number + 1, column + 1)
            column += len(piece)
        yield "\n", (number + 1, max(len(line), 1))


def _stands_for(piece: str, character: str) -> bool:
    if piece == character or (piece == "\n" and character == " "):
        return True
    if piece.startswith("\\"):
        return len(piece) > 1
    return piece == "''" and character == "'"
