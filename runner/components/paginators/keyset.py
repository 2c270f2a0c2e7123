"""Pages that begin behind the last thing of the page before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Name
from runner.components.paginators.base import Answer, Paginator, Step, Walk, read_by
from runner.components.paginators.guard import Guard, cursor_of
from runner.errors import UnexpectedResponse
from runner.mapping.expression import Expression
from runner.mapping.reads import Path


class Keyset(Paginator):
    """Pages that begin behind the last thing of the page before: nothing is missed when rows come or go meanwhile, as
    happens with page numbers and offsets.

    The partner answers `GET /jobs?sort=id&limit=100` with `[{"id": 7001}, ..., {"id": 7100}]`, and takes `id_gt=7100`:

        paginate: {type: keyset, last: "[-1].id", param: id_gt, size_param: limit, size: 100}

    Without `param`, write `{{ page.last }}` into the request. The partner must sort by what `last` reads. The walk
    ends when `more` is false, or without `more` at a page with fewer raw payloads than `size`, or with none.
    """

    example: ClassVar[str] = '{type: keyset, last: "[-1].id", param: id_gt, size_param: limit, size: 100}'
    type: Literal["keyset"] = Field(description="Pages that begin behind the last thing of the page before.")
    last: Expression = Field(
        description="JMESPath over the body: what the next page begins behind.", examples=["data[-1].id"]
    )
    as_: Name = Field("last", alias="as", description="The name under which templates read it: `{{ page.last }}`.")
    param: str | None = Field(None, description="The query parameter that takes it.", examples=["id_gt"])
    size_param: str | None = Field(None, description="The query parameter that takes the page's size.")
    size: int | None = Field(None, ge=1, description="How many raw payloads to ask for a page.", examples=[100])
    more: Expression | None = Field(None, description="JMESPath over the body: true while there are more pages.")

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.as_, "size")

    @property
    def reads(self) -> frozenset[Path] | None:
        return read_by(self.last, self.more)

    def halved(self, page: Mapping[str, Any]) -> dict[str, Any] | None:
        return self.with_half(page, "size", self.size_param)

    def walk(self, start: Mapping[str, Any] | None = None) -> Walk:
        guard = Guard(self.most_pages)
        last, size = (start or {}).get(self.as_), (start or {}).get("size", self.size)
        while True:
            guard.turn()
            if last is not None:
                guard.remember(last)
            answer = yield self._step(last, size)
            if not (self.more.test(answer.body) if self.more else answer.count >= (size or 1)):
                return
            last = self._last(answer)

    def _step(self, last: str | int | None, size: int | None) -> Step:
        given = {self.param: last, self.size_param: size}
        params = {name: value for name, value in given.items() if name is not None and value is not None}
        return Step({self.as_: last, "size": size}, params)

    def _last(self, answer: Answer) -> str | int:
        found = cursor_of(self.last, answer.body)
        if found is None:
            raise UnexpectedResponse(f"there are more pages, but `last: {self.last}` finds nothing to begin behind")
        return found
