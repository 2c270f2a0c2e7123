"""Pages that start after so many raw payloads: `?offset=200&limit=100`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.paginators.base import Paginator, Step, Walk, read_by
from runner.components.paginators.guard import Guard
from runner.mapping.expression import Expression
from runner.mapping.reads import Path


class Offset(Paginator):
    """Pages that start after so many raw payloads.

    The partner answers `GET /v1/deals?start=0&limit=100` with

        {"data": [...], "additional_data": {"pagination": {"start": 0, "limit": 100, "more_items_in_collection": true}}}

    and is asked for `start=100` next:

        paginate:
          type: offset
          param: start
          limit_param: limit
          limit: 100
          more: additional_data.pagination.more_items_in_collection

    Without `more` the walk ends at a page with fewer raw payloads than `limit`. The offset grows by `limit`, since a
    partner that leaves out hidden rows still counts them. `{{ page.offset }}` and `{{ page.limit }}` can be written
    into a body (then set `param: null`).
    """

    example: ClassVar[str] = "{type: offset, param: offset, limit_param: limit, limit: 100}"
    type: Literal["offset"] = Field(description="Pages that start after so many raw payloads.")
    param: str | None = Field("offset", description="The query parameter that takes the offset.", examples=["offset"])
    limit_param: str | None = Field("limit", description="The query parameter that takes the limit.")
    limit: int = Field(ge=1, description="How many raw payloads to ask for a page.", examples=[100])
    start: int = Field(0, ge=0, description="The offset of the first page; 1 where the partner counts from one.")
    more: Expression | None = Field(None, description="JMESPath over the body: true while there are more pages.")

    @property
    def variables(self) -> tuple[str, ...]:
        return ("offset", "limit")

    @property
    def reads(self) -> frozenset[Path] | None:
        return read_by(self.more)

    def walk(self, start: Mapping[str, Any] | None = None) -> Walk:
        guard = Guard(self.most_pages)
        offset, limit = int((start or {}).get("offset", self.start)), int((start or {}).get("limit", self.limit))
        while True:
            guard.turn()
            answer = yield self._step(offset, limit)
            if not (self.more.test(answer.body) if self.more else answer.count >= limit):
                return
            offset += limit

    def halved(self, page: Mapping[str, Any]) -> dict[str, Any] | None:
        return self.with_half(page, "limit", self.limit_param)

    def _step(self, offset: int, limit: int) -> Step:
        given = {self.param: offset, self.limit_param: limit}
        return Step({"offset": offset, "limit": limit}, {name: value for name, value in given.items() if name})
