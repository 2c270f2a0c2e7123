"""Pages that are counted: `?page=2&pageSize=50`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.paginators.base import Paginator, Step, Walk, read_by
from runner.components.paginators.guard import Guard
from runner.mapping.expression import Expression
from runner.mapping.reads import Path


class PageNumber(Paginator):
    """Pages that are counted.

    The partner answers `GET /jobs?page=1&pageSize=500` with

        {"page": 1, "pageSize": 500, "hasMore": true, "data": [{"id": 7001}, ...]}

    and is asked for `page=2` next:

        paginate: {type: page_number, param: page, size_param: pageSize, size: 500, more: hasMore}

    Without `more` the walk ends at a page with fewer raw payloads than `size`, or with none. `{{ page.number }}` and
    `{{ page.size }}` can be written into a body where the partner wants them there (then set `param: null`).
    """

    example: ClassVar[str] = "{type: page_number, param: page, size_param: pageSize, size: 500, more: hasMore}"
    type: Literal["page_number"] = Field(description="Pages that are counted.")
    param: str | None = Field(
        "page", description="The query parameter that takes the page's number.", examples=["page"]
    )
    start: int = Field(1, ge=0, description="The number of the first page.")
    size_param: str | None = Field(
        None, description="The query parameter that takes the page's size.", examples=["pageSize"]
    )
    size: int | None = Field(None, ge=1, description="How many raw payloads to ask for a page.", examples=[500])
    more: Expression | None = Field(
        None, description="JMESPath over the body: true while there are more pages.", examples=["hasMore"]
    )

    @property
    def variables(self) -> tuple[str, ...]:
        return ("number", "size")

    @property
    def reads(self) -> frozenset[Path] | None:
        return read_by(self.more)

    def walk(self, start: Mapping[str, Any] | None = None) -> Walk:
        guard = Guard(self.most_pages)
        number, size = int((start or {}).get("number", self.start)), (start or {}).get("size", self.size)
        while True:
            guard.turn()
            answer = yield self._step(number, size)
            if not (self.more.test(answer.body) if self.more else answer.count >= (size or 1)):
                return
            number += 1

    def halved(self, page: Mapping[str, Any]) -> dict[str, Any] | None:
        """The largest size of at most half that puts a page's begin where it was, and the number of that page."""
        size = page.get("size")
        if self.size_param is None or not isinstance(size, int) or size < 2:
            return None
        before = (page["number"] - self.start) * size
        smaller = next(half for half in range(size // 2, 0, -1) if before % half == 0)
        return {"number": self.start + before // smaller, "size": smaller}

    def _step(self, number: int, size: int | None) -> Step:
        params = {self.param: number} if self.param else {}
        if self.size_param and size:
            params[self.size_param] = size
        return Step({"number": number, "size": size}, params)
