"""Clocks that go wrong: a process of the stage reads how wrong its own is from a file, which the stage writes."""

from __future__ import annotations

import asyncio
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

_FORM = struct.Struct("d")


class Dial:
    """Seconds that a clock is ahead, in a file that several processes see."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_FORM.pack(0.0))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _FORM.size)

    @property
    def seconds(self) -> float:
        (ahead,) = _FORM.unpack_from(self._memory)
        return float(ahead)

    def turn(self, seconds: float) -> None:
        _FORM.pack_into(self._memory, 0, seconds)


class WrongClock:
    """The machine's clock, as far ahead as its dial says."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._dial.seconds)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Almanac:
    """The partners' clock. It is right, but for the time that is skipped once all is done (`ahead`); while they are
    changed it stands at a moment of its own, so that what they say of a change is the same in every run."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._moment: datetime | None = None

    def __call__(self) -> datetime:
        return self._moment or datetime.now(UTC) + timedelta(seconds=self.ahead)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        self._moment = moment
        try:
            yield
        finally:
            self._moment = None
