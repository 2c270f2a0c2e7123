"""The API of pushes: where records go, what failed and why, and running it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from runner.engine.house import House
from runner.engine.records.replay import replay_pushes
from runner.model.push import PushState
from runner.service.api_shapes import Sent, Sequence, Words
from runner.service.asked import check_integration
from runner.service.bound import destinations
from runner.service.operation import Operation, body_of, json, query_of, reads
from runner.service.problems import Problem
from runner.service.push_shapes import DestinationShape, PushShape
from runner.store import pushes
from runner.store.dead import Which

T = TypeVar("T")

_REPLAY = (
    "Those that failed and fit all that is given become due again, as if new; with `ids` these, whatever became of "
    "them. What a destination has already is not sent twice."
)


class WhichPushes(Sent):
    """Which pushes to list, the latest moved first."""

    integration: Words | None = Field(None, description="Of the records of one integration")
    destination: Words | None = Field(None, description="To one integration, or to a destination of runner.yaml")
    rule: Words | None = None
    state: Literal["pending", "waiting", "done", "failed", "skipped"] | None = None
    reason: Words | None = Field(None, description="Failed for this reason", examples=["answer-422"])
    limit: int = Field(100, ge=1, le=1000)


class Replay(Sent):
    """Which pushes to run again."""

    ids: list[Sequence] | None = Field(None, max_length=1000)
    integration: Words | None = Field(None, description="Of the records of one integration")
    destination: Words | None = None
    rule: Words | None = None
    reason: Words | None = Field(None, examples=["answer-422"])


class Pushes(BaseModel):
    """Pushes."""

    pushes: list[PushShape]


class Destinations(BaseModel):
    """How the destinations stand."""

    destinations: list[DestinationShape]


class Replayed(BaseModel):
    """How many are run again."""

    replayed: int


class PushesApi:
    """The handlers of `/api/pushes` and `/api/destinations`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.operations = [
            reads("/api/destinations", "listDestinations", "How the destinations stand", self.destinations,
                  Destinations),
            reads("/api/pushes", "listPushes", "Records on their way", self.pushes, Pushes, WhichPushes),
            Operation("POST", "/api/pushes/replay", "replayPushes", "Run pushes again", self.replay, Replayed,
                      takes=Replay, description=_REPLAY, fails=(404,)),
        ]  # fmt: skip

    async def destinations(self, _: Request) -> Response:
        """All that were ever pushed to."""
        now = self._house.clock.now()
        return json(Destinations(destinations=await self._read(lambda c: destinations(c, now))))

    async def pushes(self, request: Request) -> Response:
        """The latest pushes."""
        asked = query_of(request, WhichPushes)
        await check_integration(self._house, asked.integration)
        state = PushState(asked.state) if asked.state else None
        found = await self._read(
            lambda c: pushes.find(
                c,
                asked.integration,
                asked.destination,
                state,
                rule=asked.rule,
                reason=asked.reason,
                limit=asked.limit,
            )
        )
        return json(Pushes(pushes=[PushShape.of(one) for one in found]))

    async def replay(self, request: Request) -> Response:
        """Make pushes due again."""
        asked = await body_of(request, Replay)
        if not asked.model_dump(exclude_none=True):
            raise Problem(422, "bad-body", "nothing says which pushes are meant", "give ids, a reason, a rule ...")
        await check_integration(self._house, asked.integration)
        which = Which(
            ids=asked.ids,
            integration_id=asked.integration,
            destination=asked.destination,
            rule=asked.rule,
            reason=asked.reason,
            failed=asked.ids is None,
        )
        return json(Replayed(replayed=await replay_pushes(self._house, which)))

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._house.store.database.read(work)
