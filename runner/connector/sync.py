"""Scheduled fetch of one kind."""

from __future__ import annotations

from typing import Literal

from pydantic import Field as Declared

from runner.components.block import Block, Name, Period
from runner.components.catalog import AnyIncremental


class Full(Block):
    """A pass over everything, from time to time, that ignores the checkpoint.

    full: {every: 24h}
    """

    every: Period = Declared(description="How often.", examples=["24h"])
    deletes: Literal["keep", "missing"] = Declared(
        "keep", description="Whether records that the pass no longer finds are deleted."
    )


class Sync(Block):
    """Fetches one endpoint on a schedule and maps what comes.

        syncs:
          jobs: {endpoint: jobs, processor: job, every: 15m, incremental: {type: since, overlap: 2m}}

    Without `incremental` each run is a full pass. The checkpoint is the newest cursor seen (the processor's `cursor`).
    Where a company picks among several ways in, `ways` names those for which the sync is.
    """

    endpoint: Name = Declared(description="The endpoint to walk.")
    processor: Name = Declared(description="The processor of each raw payload.")
    ways: list[Name] = Declared([], description="The ways in that it is for; every one when left out.")
    every: Period = Declared(description="How often.", examples=["15m"])
    incremental: AnyIncremental | None = Declared(None, description="How to ask only for what is new.")
    full: Full | None = Declared(None, description="A pass over everything, from time to time.")
