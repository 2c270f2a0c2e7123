"""What one kind of webhook event leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field as Declared
from pydantic import model_validator

from runner.components.block import Block, Choice, Duration, Name, refusal
from runner.connector.enrich import Enrich
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

    With `most`, one call fetches up to that many things: `with` then reads the list of their events, and the payload
    whose `key` equals the event's `of` is the thing.

        {do: fetch, endpoint: deals, most: 100, with: {ids: "[].{id: objectId}"}, key: id, of: objectId, processor: d}
    """

    do: Literal["fetch"] = Declared(description="Fetch the thing that the event names.")
    endpoint: Name = Declared(description="The endpoint that reads one thing.")
    hand_over: dict[str, Expression] = Declared(
        {}, alias="with", description="The endpoint's input, read from the event."
    )
    most: int | None = Declared(None, ge=2, description="How many things one call fetches.")
    key: Expression | None = Declared(None, description="With `most`: read from each payload, which thing it is.")
    of: Expression | None = Declared(None, description="With `most`: read from each event, which thing it names.")
    processor: Name = Declared(description="The processor of what comes.")
    enrich: list[Enrich] = Declared([], description="Calls that complete what came, as in `syncs`.")
    coalesce: Duration = Declared(timedelta(0), description="How long to wait for more events of the same thing.")
    gone: Delete | None = Declared(None, description="What to do when the thing is not there any more.")

    @model_validator(mode="after")
    def _is_whole(self) -> Fetch:
        if len({self.most is None, self.key is None, self.of is None}) > 1:
            raise refusal("`most`, `key` and `of` go together", "give all three, or none of them")
        return self


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
