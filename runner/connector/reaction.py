"""What one kind of webhook event leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field as Declared

from runner.components.block import Block, Choice, Duration, Name
from runner.mapping.expression import Expression


class Process(Block):
    """The event holds the whole payload: map it as if a sync had brought it.

    {do: process, processor: job, payload: data.job}
    """

    do: Literal["process"] = Declared(description="Map the payload in the event.")
    processor: Name = Declared(description="The processor of the payload.")
    payload: Expression = Declared(description="Where the payload is in the event.")


class Fetch(Block):
    """The event only says which: fetch the thing, then map it. Several events of one thing are fetched once.

    {do: fetch, endpoint: client, with: {id: itemId}, processor: client, coalesce: 2s}
    """

    do: Literal["fetch"] = Declared(description="Fetch the thing that the event names.")
    endpoint: Name = Declared(description="The endpoint that reads one thing.")
    hand_over: dict[str, Expression] = Declared(
        {}, alias="with", description="The endpoint's input, read from the event."
    )
    processor: Name = Declared(description="The processor of what comes.")
    coalesce: Duration = Declared(timedelta(0), description="How long to wait for more events of the same thing.")
    gone: Delete | None = Declared(None, description="What to do when the thing is not there any more.")


class RunSync(Block):
    """The event says that something changed, not what: run a sync.

    {do: sync, sync: events}
    """

    do: Literal["sync"] = Declared(description="Run a sync.")
    sync: Name = Declared(description="The sync to run.")


class Delete(Block):
    """The thing is gone at the partner.

    {do: delete, record: contact, id: itemId}
    """

    do: Literal["delete"] = Declared(description="Mark the record as deleted.")
    record: Name = Declared(description="The kind of the record.")
    id: Expression = Declared(description="Its id, read from the event.")


class Disconnect(Block):
    """The company took the app away: the integration is switched off, its credential forgotten.

    {do: disconnect}
    """

    do: Literal["disconnect"] = Declared(description="Switch the integration off.")


class Drop(Block):
    """Nothing to do, and why. Dropped events are kept and counted.

    {do: drop, because: "zones are not used"}
    """

    do: Literal["drop"] = Declared(description="Leave the event.")
    because: str = Declared(description="Why.")


Fetch.model_rebuild()
REACTIONS = Choice(Process, Fetch, RunSync, Delete, Disconnect, Drop, tag="do")
Reaction = Process | Fetch | RunSync | Delete | Disconnect | Drop
AnyReaction = Annotated[Reaction, REACTIONS]
