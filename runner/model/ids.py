"""Names for what is stored in great numbers."""

from __future__ import annotations

import os
from collections import deque
from datetime import datetime

DRAWN = 256
"""How many ids one call of the system serves."""


class _Chance:
    """Random bytes of the system, drawn for many ids at once: the call costs more than all the rest of an id."""

    def __init__(self) -> None:
        self._drawn: deque[str] = deque()

    def take(self) -> str:
        """72 bits as hexadecimal digits, never the same ones twice, whatever thread asks."""
        while True:
            try:
                return self._drawn.popleft()
            except IndexError:
                text = os.urandom(9 * DRAWN).hex()
                self._drawn.extend(text[start : start + 18] for start in range(0, len(text), 18))

    def forget(self) -> None:
        """What was drawn belongs to the process that drew it."""
        self._drawn.clear()


_CHANCE = _Chance()
os.register_at_fork(after_in_child=_CHANCE.forget)


def new_id(now: datetime) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7) as 32 hexadecimal digits: milliseconds, then 72 bits of chance.

    Ids of one moment lie beside one another in an index, so a commit touches few pages of it.
    """
    return new_ids(now, 1)[0]


def new_ids(now: datetime, count: int) -> list[str]:
    """So many of one moment."""
    moment = f"{int(now.timestamp() * 1000):012x}7"
    chances = [_CHANCE.take() for _ in range(count)]
    return [f"{moment}{chance[:3]}8{chance[3:]}" for chance in chances]
