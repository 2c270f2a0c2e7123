"""A JSON document taken apart without decoding what nobody reads."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Any

import msgspec
import orjson

Path = tuple[str, ...]

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_FAILED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_STEP = 65_536  # bytes


class Pieces:
    """The document, cut where its objects and lists are; each piece is decoded when it is read, and not kept.

    The rules are those of `orjson.loads`: of a name that stands twice the last counts, whole numbers beyond 64 bits
    become floats. What is no JSON has no pieces, though a number too large for a float is only seen when it is read.
    """

    def __init__(self, body: bytes) -> None:
        self._whole = msgspec.Raw(body) if body.isascii() or _is_utf8(body) else None
        self._levels: dict[Path, dict[str, msgspec.Raw] | None] = {}

    def only(self, paths: Iterable[Path]) -> dict[str, Any]:
        """The document with nothing but what stands at `paths`, of names. Empty when it is no object."""
        made: dict[str, Any] = {}
        wanted = set(paths)
        for path in wanted:
            if not any(path[:length] in wanted for length in range(len(path))):
                self._put(made, path)
        return made

    def items(self, path: Path) -> list[msgspec.Raw] | None:
        """The pieces of the list at `path`; None when there is no list there, or no JSON at all."""
        found = self._at(path)
        try:
            return _LIST.decode(found) if found is not None else None
        except _FAILED:
            return None

    def _at(self, path: Path) -> msgspec.Raw | None:
        if not path:
            return self._whole
        around = self._level(path[:-1])
        return around.get(path[-1]) if around is not None else None

    def _level(self, path: Path) -> dict[str, msgspec.Raw] | None:
        """The object at `path`, its values still raw; None when there is no object."""
        if path not in self._levels:
            self._levels[path] = self._cut(path)
        return self._levels[path]

    def _cut(self, path: Path) -> dict[str, msgspec.Raw] | None:
        found = self._at(path)
        try:
            return _OBJECT.decode(found) if found is not None else None
        except _FAILED:
            return None

    def _put(self, made: dict[str, Any], path: Path) -> None:
        inner = made
        for depth, name in enumerate(path):
            around = self._level(path[:depth])
            if around is None or name not in around:
                return
            if depth == len(path) - 1 or self._level(path[: depth + 1]) is None:
                inner[name] = decoded(around[name])
                return
            inner = inner.setdefault(name, {})


def decoded(piece: msgspec.Raw) -> Any:
    """The value of a piece. Raises orjson.JSONDecodeError for a number that is none."""
    return orjson.loads(memoryview(piece))


def _is_utf8(body: bytes) -> bool:
    """Looked at piece by piece: the text of a large body would be a second one."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(body), _STEP):
            decoder.decode(body[start : start + _STEP])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
