"""Counts calls to partners as they are tried, until somebody stores the counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from sqlalchemy import Connection

from runner.client.attempt import Attempt
from runner.model.run import Counts
from runner.store import calls, figures
from runner.store.calls import Calls
from runner.store.figures import Figure, Key, within

_RUN: ContextVar[str | None] = ContextVar("run", default=None)


@dataclass(frozen=True)
class Made:
    """Calls that nobody has stored yet: of an integration, and as figures by endpoint."""

    calls: int = 0
    limited: int = 0
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, eq=False)
class Tally:
    """`count` is what the caller is handed; `take` empties the counts of one integration, `spent` those of a run."""

    counts: dict[str, Calls] = field(default_factory=dict)
    runs: dict[str, Counts] = field(default_factory=dict)
    figures: dict[str, dict[Key, Figure]] = field(default_factory=dict)

    @contextmanager
    def during(self, run_id: str) -> Iterator[None]:
        """What is tried inside, in this task and those that it starts, is a run's own."""
        before = _RUN.set(run_id)
        self.runs[run_id] = Counts()
        try:
            yield
        finally:
            _RUN.reset(before)
            self.runs.pop(run_id, None)

    def count(self, attempt: Attempt) -> None:
        """One more try."""
        owner, answered = attempt.integration.id, attempt.status is not None
        if answered:
            known = self.counts.get(owner, Calls())
            self.counts[owner] = Calls(known.calls + 1, known.limited + attempt.limited)
        self._figure(attempt)
        run_id = _RUN.get()
        if run_id in self.runs:
            self.runs[run_id] += Counts(
                calls=answered,
                limited=attempt.limited,
                retries=attempt.number > 1,
                bytes=attempt.size,
                wait_seconds=attempt.waited,
                fetch_seconds=attempt.seconds,
            )

    def _figure(self, attempt: Attempt) -> None:
        key = (attempt.integration.connector, attempt.endpoint, attempt.outcome, within(attempt.seconds))
        mine = self.figures.setdefault(attempt.integration.id, {})
        known = mine.get(key) or Figure(*key)
        mine[key] = Figure(*key, known.calls + 1, known.seconds + attempt.seconds, known.bytes + attempt.size)

    def take(self, integration_id: str) -> Made:
        """What was counted since the last time."""
        known = self.counts.pop(integration_id, Calls())
        return Made(known.calls, known.limited, tuple(self.figures.pop(integration_id, {}).values()))

    @property
    def owners(self) -> list[str]:
        """The integrations that something was counted for."""
        return list(self.figures)

    def spent(self, run_id: str) -> Counts:
        """What the tries of a run came to since the last time."""
        found = self.runs.get(run_id, Counts())
        if run_id in self.runs:
            self.runs[run_id] = Counts()
        return found


def save(connection: Connection, integration_id: str, made: Made) -> None:
    """Add counts to those of the database."""
    if made.calls:
        calls.add(connection, integration_id, made.calls, made.limited)
    figures.add(connection, made.figures)
