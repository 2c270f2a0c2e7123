"""Who works, what waits, and what is wrong with that: told alike by `runner status`, `runner doctor` and `/readyz`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from runner.model.process import Process
from runner.store import processes
from runner.store.backlog import Backlog
from runner.store.queue import Queue

PARTS = ("web", "worker", "scheduler")


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong: its code, what it is, and what to do."""

    code: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.message}. {self.remedy}."


@dataclass(frozen=True)
class Attendance:
    """The processes that live, and the backlog in front of them, at one moment."""

    processes: tuple[Process, ...]
    backlog: Backlog
    now: datetime
    last_worker: datetime | None = None

    @property
    def at_work(self) -> dict[str, int]:
        """How many processes have each of PARTS."""
        counts = Counter(part for one in self.processes for part in one.parts)
        return {part: counts[part] for part in PARTS}

    def complaints(self, late_after: timedelta) -> Iterator[Complaint]:
        """What is wrong, the worst first. Nobody is missed where nothing is to be done."""
        at_work, due = self.at_work, self.backlog.due
        if due and not at_work["worker"]:
            since = f" since {self.last_worker:%Y-%m-%d %H:%M:%S} UTC" if self.last_worker else ""
            remedy = "Start `runner worker`, or `runner serve`, on this database"
            yield Complaint("nobody-works", f"Nobody works{since}: {self._waits()}", remedy)
        elif self.backlog.age(self.now) > late_after:
            workers = "1 worker" if at_work["worker"] == 1 else f"{at_work['worker']} workers"
            remedy = (
                "Start more of `runner worker`, or see in their logs what they are busy with "
                "(`serve.late_after` in runner.yaml says what is late)"
            )
            yield Complaint("work-late", f"Work is late: {self._waits()}, with {workers}", remedy)
        if self.processes and not at_work["scheduler"]:
            message = "No process runs the schedules: no sync begins by itself, and what is lost is not made again"
            yield Complaint("nobody-schedules", message, "Start one of `runner serve` with --scheduler")
        yield from self._mixed()

    def shown(self) -> dict[str, object]:
        """As JSON values."""
        oldest = self.backlog.oldest
        return {
            "backlog": {**asdict(self.backlog), "oldest": oldest.isoformat() if oldest else None},
            "processes": [
                {
                    "host": one.host,
                    "pid": one.pid,
                    "parts": sorted(one.parts),
                    "version": one.version,
                    "since": one.since.isoformat(),
                    "seen_at": one.seen_at.isoformat(),
                }
                for one in self.processes
            ],
        }

    def _waits(self) -> str:
        count = self.backlog.due
        what = "1 wake-up waits" if count == 1 else f"{count:,} wake-ups wait"
        return f"{what}, the oldest for {spoken(self.backlog.age(self.now))}" if self.backlog.oldest else what

    def _mixed(self) -> Iterator[Complaint]:
        versions = {f"{one.version} (database {one.revision})" for one in self.processes}
        if len(versions) > 1:
            message = f"Processes of several versions run: {', '.join(sorted(versions))}"
            yield Complaint("mixed-versions", message, "Restart the older ones; it is fine for as long as that takes")


def attendance(connection: Connection, queue: Queue, now: datetime) -> Attendance:
    """As it is now."""
    return Attendance(
        processes=tuple(processes.alive(connection, processes.clock(connection, now))),
        backlog=queue.backlog(connection, now),
        now=now,
        last_worker=processes.last_worker(connection),
    )


def spoken(duration: timedelta) -> str:
    """`40 s`, `12 min`, `5 h`, `3 days`."""
    seconds = duration.total_seconds()
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"
