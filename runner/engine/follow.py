"""Follows what goes on: the calls of a run are its own, its log lines carry its id, and it is a span."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import Span

from runner.client.attempt import Attempt
from runner.engine.house import House, Log
from runner.model.integration import Integration
from runner.model.lines import structlog
from runner.model.run import SyncRun


@contextmanager
def followed(house: House, integration: Integration, run: SyncRun) -> Iterator[Span]:
    """While a run goes on, in this task and those that it starts."""
    said = {"run": run.id, "integration": integration.id, "connector": integration.connector, "sync": run.sync}
    attributes = {f"runner.{name}": value for name, value in said.items()} | {"runner.full": run.full}
    with (
        house.tally.during(run.id),
        structlog.contextvars.bound_contextvars(**said),
        house.tracer.start_as_current_span(f"{integration.connector}.{run.sync}", attributes=attributes) as span,
    ):
        yield span


def note(log: Log, attempt: Attempt) -> None:
    """One line for a try: the address without secrets, and what came of it."""
    say = log.info if attempt.status is not None and attempt.status < 400 and not attempt.limited else log.warning
    say(
        "called",
        integration=attempt.integration.id,
        connector=attempt.integration.connector,
        endpoint=attempt.endpoint,
        method=attempt.method,
        url=attempt.url,
        status=attempt.status,
        attempt=attempt.number,
        seconds=round(attempt.seconds, 3),
        waited=round(attempt.waited, 3),
        bytes=attempt.size,
    )
