"""Places in a feed as the host keeps them: texts that say nothing, and that nobody can change unnoticed by mistake."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import blake2b

import orjson

from runner.service.problems import Problem

_FORM = b"\x01"
_NUMBER = 8
_CHECK = 6
_REMEDY = "give `next` of an earlier page as it came, with the same filters, or leave `after` out to begin anew"


def cursor_of(sequence: int, filters: Mapping[str, str | None]) -> str:
    """The cursor that stands behind a sequence number in the feed with these filters."""
    body = _FORM + sequence.to_bytes(_NUMBER, "big")
    return urlsafe_b64encode(body + _check(body, filters)).decode().rstrip("=")


def place_of(cursor: str, filters: Mapping[str, str | None]) -> int:
    """The sequence number that a cursor stands behind. Problem 400 for a text that is none, and for one of a feed with
    other filters: going on with it would leave out what the first feed did not show."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        raw = b""
    body, check = raw[:-_CHECK], raw[-_CHECK:]
    if len(body) != 1 + _NUMBER or check != _check(body, filters) or cursor_of(_number(body), filters) != cursor:
        raise Problem(400, "wrong-cursor", "`after` is no cursor of this feed, or one of other filters", _REMEDY)
    return _number(body)


def check_place(place: int, head: int) -> None:
    """Problem 400 when the feed has not come so far yet: the database was restored from a backup since."""
    if place > head:
        message = "the feed is not as far as this cursor: its database was restored from an earlier state"
        raise Problem(400, "cursor-ahead", message, "leave `after` out to begin anew")


def _number(body: bytes) -> int:
    return int.from_bytes(body[1:], "big")


def _check(body: bytes, filters: Mapping[str, str | None]) -> bytes:
    """Of the place and of the filters: no secret, only against mistakes."""
    chosen = {name: value for name, value in filters.items() if value is not None}
    return blake2b(body + orjson.dumps(chosen, option=orjson.OPT_SORT_KEYS), digest_size=_CHECK).digest()
