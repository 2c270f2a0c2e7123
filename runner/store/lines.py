"""Files of JSON lines that others read: appended durably, a whole line or none, and no line twice."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

import orjson

RECENT = 1_000_000
"""Bytes at the end of a file that are looked at: what a crash left in doubt may come back in parts, and in other
company."""


@dataclass(frozen=True)
class LineFile:
    """One file. It is moved aside before it would grow beyond `size` bytes, and (`daily`) before a new day's lines."""

    path: Path
    size: int | None = None
    daily: bool = False

    def append(self, lines: Sequence[dict[str, Any]], at: datetime) -> int:
        """Write those whose `key` is not among the last lines; returns how many. They are on the disk by then.

        Half a line that a crash left is cut off first. So whoever repeats lines of the last `append`, because it does
        not know how that ended, writes nothing twice. Blocks; raises OSError, and then wrote none.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            known = self._known(len(lines))
            fresh = [line for line in lines if line["key"] not in known]
            if fresh:
                self._write([orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in fresh], at)
            return len(fresh)

    def _known(self, count: int) -> set[str]:
        """The keys of the last lines, `count` at least, once the file ends with a whole one."""
        if not self.path.exists():
            return set()
        with self.path.open("rb+") as file:
            tail = _tail(file, count)
            whole, _, half = tail.rpartition(b"\n")
            if half:
                file.truncate(file.seek(0, os.SEEK_END) - len(half))
                os.fsync(file.fileno())
        return {orjson.loads(line)["key"] for line in whole.split(b"\n")} if whole else set()

    def _write(self, lines: list[bytes], at: datetime) -> None:
        if self._is_full(sum(map(len, lines)), at):
            os.rename(self.path, self._aside(at))
        with self.path.open("ab", buffering=0) as file:
            there = file.tell()
            try:
                _write_all(file, b"".join(lines))
                os.fsync(file.fileno())
            except OSError:  # a full disk: what did fit is taken back
                file.truncate(there)
                raise
        _sync_folder(self.path.parent)

    def _is_full(self, more: int, at: datetime) -> bool:
        there = self.path.stat().st_size if self.path.exists() else 0
        if not there:
            return False
        if self.size is not None and there + more > self.size:
            return True
        return self.daily and self._began().date() != at.astimezone(UTC).date()

    def _began(self) -> datetime:
        """When the first line was written."""
        with self.path.open("rb") as file:
            return datetime.fromisoformat(orjson.loads(file.readline())["at"]).astimezone(UTC)

    def _aside(self, at: datetime) -> Path:
        stem = f"{self.path.stem}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        name, number = self.path.with_name(stem + self.path.suffix), 1
        while name.exists():
            number += 1
            name = self.path.with_name(f"{stem}-{number}{self.path.suffix}")
        return name

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time; the lock goes with the process that holds it."""
        with self.path.with_name(f".{self.path.name}.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _write_all(file: FileIO, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def _tail(file: BinaryIO, count: int) -> bytes:
    """The end of a file: at least its last `count` whole lines, and what follows them. It begins with a line."""
    end, size = file.seek(0, os.SEEK_END), RECENT
    while True:
        start = max(0, end - size)
        file.seek(start)
        tail = file.read(end - start)
        if not start:
            return tail
        _, _, tail = tail.partition(b"\n")
        if tail.count(b"\n") >= count:
            return tail
        size *= 2


def _sync_folder(folder: Path) -> None:
    """So that a new name outlives a loss of power."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
