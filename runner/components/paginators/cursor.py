"""Pages that name the next one by an opaque cursor in the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.paginators.base import Paginator, Step, Walk, read_by
from runner.components.paginators.guard import Guard, following
from runner.mapping.expression import Expression
from runner.mapping.reads import Path


class Cursor(Paginator):
    """Each page holds the cursor of the next.

    The partner answers

        {"data": {"clients": {"nodes": [...], "pageInfo": {"endCursor": "MzA", "hasNextPage": true}}}}

    and takes `MzA` where the connector writes `{{ page.after }}`:

        paginate:
          type: cursor
          next: data.clients.pageInfo.endCursor
          more: data.clients.pageInfo.hasNextPage
          as: after

    With `param: after` the cursor goes into that query parameter instead. `size_param: limit` and `size: 100` ask for
    pages of that size, and for smaller ones when the partner fails on them. On the first page the cursor is null, so it
    is left out. The walk ends when `more` is false, or without `more` when there is no cursor. `more` without a cursor,
    and a cursor that came before, are errors: a walk that stops early would hide records.
    """

    example: ClassVar[str] = "{type: cursor, next: paging.next.after, param: after}"
    type: Literal["cursor"] = Field(description="Each page holds the cursor of the next.")
    next: Expression = Field(
        description="JMESPath over the body: the cursor of the next page.", examples=["paging.next.after"]
    )
    more: Expression | None = Field(None, description="JMESPath over the body: true while there are more pages.")
    as_: str = Field(
        "cursor",
        alias="as",
        pattern=r"^[a-z][a-z0-9_]*$",
        description="The name under which templates read it: `{{ page.cursor }}`.",
    )
    param: str | None = Field(None, description="The query parameter that takes the cursor.", examples=["after"])
    size_param: str | None = Field(None, description="The query parameter that takes the page's size.")
    size: int | None = Field(None, ge=1, description="How many raw payloads to ask for a page.", examples=[100])

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.as_, "size") if self.size else (self.as_,)

    @property
    def reads(self) -> frozenset[Path] | None:
        return read_by(self.next, self.more)

    def walk(self, start: Mapping[str, Any] | None = None) -> Walk:
        guard = Guard(self.most_pages)
        cursor, size = (start or {}).get(self.as_), (start or {}).get("size", self.size)
        if cursor is not None:
            guard.remember(cursor)
        while True:
            guard.turn()
            answer = yield self._step(cursor, size)
            cursor = following(self.next, self.more, answer.body)
            if cursor is None:
                return
            guard.remember(cursor)

    def halved(self, page: Mapping[str, Any]) -> dict[str, Any] | None:
        return self.with_half(page, "size", self.size_param)

    def _step(self, cursor: str | int | None, size: int | None) -> Step:
        given = {self.param: cursor, self.size_param: size}
        params = {name: value for name, value in given.items() if name is not None and value is not None}
        return Step({self.as_: cursor, "size": size} if size else {self.as_: cursor}, params)
