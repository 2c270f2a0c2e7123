"""Scheduled fetch of one kind."""

from __future__ import annotations

from typing import Literal

from pydantic import Field as Declared

from runner.components.block import Block, Name, Period
from runner.components.catalog import AnyIncremental
from runner.components.incrementals.base import Incremental
from runner.connector.enrich import Enrich
from runner.connector.schedule import Schedule
from runner.mapping.expression import Expression

Walked = tuple[tuple[str, ...], str, Incremental | None]
"""An endpoint that a sync may walk, after the keys that name it, with what says how a run asks there."""


class Full(Block):
    """A pass over everything, from time to time, that ignores the checkpoint.

    full: {every: 24h}

    Where first and full runs read another endpoint, `endpoint` names it; where that wants a window even then,
    `incremental` says which:

        full: {every: 24h, endpoint: events_in_window, incremental: {type: window, back: 30d, ahead: 180d}}
    """

    every: Period = Declared(description="How often.", examples=["24h"])
    deletes: Literal["keep", "missing"] = Declared(
        "keep", description="Whether records that the pass no longer finds are deleted."
    )
    endpoint: Name | None = Declared(None, description="The endpoint of first and full runs, where it is another one.")
    incremental: AnyIncremental | None = Declared(
        None, description="What first and full runs ask for, where the endpoint wants a window even then."
    )


class ForEach(Block):
    """The records that a sync walks its endpoint for, one after the other in the order of their ids.

        syncs:
          photos: {endpoint: project_photos, for: {record: project, with: {project: id}}, processor: photo, every: 1h}

    `with` reads the record: its fields, `id`, `kind` and `inactive`. A walk that was killed goes on at its record.
    With `incremental: {type: since}`, records that are new since the last walk are asked for everything.
    """

    record: Name = Declared(description="The kind of the records.", examples=["project"])
    hand_over: dict[str, Expression] = Declared(
        {}, alias="with", description="The endpoint's input, read from the record."
    )
    at_once: int = Declared(4, ge=1, le=50, description="How many of the walks are begun at once.")


class Sync(Schedule):
    """Fetches one endpoint on a schedule and maps what comes.

        syncs:
          jobs: {endpoint: jobs, processor: job, every: 15m, incremental: {type: since, overlap: 2m}}

    In place of `every`, `cron: "0 3 * * *"` and `timezone` name the hour.
    Without `incremental` each run is a full pass. The checkpoint is the newest cursor seen (the processor's `cursor`).
    With `for`, the endpoint is walked for each record of a kind. With `enrich`, each page is completed by further calls
    before it is processed. Where a company picks among several ways in, `ways` names those for which the sync is.
    """

    endpoint: Name = Declared(description="The endpoint to walk.")
    for_: ForEach | None = Declared(
        None, alias="for", description="The records for each of which the endpoint is walked."
    )
    processor: Name = Declared(description="The processor of each raw payload.")
    ways: list[Name] = Declared([], description="The ways in that it is for; every one when left out.")
    incremental: AnyIncremental | None = Declared(None, description="How to ask only for what is new.")
    full: Full | None = Declared(None, description="A pass over everything, from time to time.")
    enrich: list[Enrich] = Declared([], description="Calls that complete the payloads of a page.")

    @property
    def schedule(self) -> Schedule:
        """When it runs, if the operator says nothing else."""
        return Schedule(every=self.every, cron=self.cron, timezone=self.timezone)

    def endpoint_of(self, is_full: bool) -> str:
        """The endpoint that a run walks."""
        own = self.full.endpoint if is_full and self.full is not None else None
        return own or self.endpoint

    def asked_by(self, is_full: bool) -> Incremental | None:
        """What says how a run asks; None where it asks for everything."""
        own = self.full.incremental if is_full and self.full is not None else None
        return own or self.incremental

    @property
    def endpoints(self) -> list[Walked]:
        """Every endpoint that it may walk."""
        found: list[Walked] = [(("endpoint",), self.endpoint, self.incremental)]
        if self.full is not None and (self.full.endpoint is not None or self.full.incremental is not None):
            keys = ("full", "endpoint") if self.full.endpoint is not None else ("endpoint",)
            found.append((keys, self.endpoint_of(True), self.asked_by(True)))
        return found
