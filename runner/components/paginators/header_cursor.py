"""Pages that name the next one by a cursor in a header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Name
from runner.components.paginators.base import Paginator, Step, Walk, read_by
from runner.components.paginators.guard import Guard
from runner.errors import UnexpectedResponse
from runner.mapping.reads import Path


class HeaderCursor(Paginator):
    """Each answer names the cursor of the next page in a header.

    The partner answers with the headers `X-Next-Cursor: bzIw` and `X-Has-Next: true`, and takes `after=bzIw` next:

        paginate: {type: header_cursor, next: X-Next-Cursor, more: X-Has-Next, param: after}

    Without `param`, write `{{ page.cursor }}` into the request. The walk ends when the header `more` is not `true`, or
    without `more` when there is no cursor. `more` without a cursor, and a cursor that came before, are errors.
    """

    example: ClassVar[str] = "{type: header_cursor, next: X-Next-Cursor, more: X-Has-Next, param: after}"
    type: Literal["header_cursor"] = Field(description="Each answer names the cursor of the next page in a header.")
    next: str = Field(description="The header that holds the cursor.", examples=["X-Next-Cursor"])
    more: str | None = Field(None, description="The header that says `true` while there are more pages.")
    as_: Name = Field("cursor", alias="as", description="The name under which templates read it: `{{ page.cursor }}`.")
    param: str | None = Field(None, description="The query parameter that takes the cursor.", examples=["after"])

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.as_,)

    @property
    def reads(self) -> frozenset[Path] | None:
        return read_by()

    def walk(self, start: Mapping[str, Any] | None = None) -> Walk:
        guard = Guard(self.most_pages)
        cursor = (start or {}).get(self.as_)
        while True:
            guard.turn()
            if cursor is not None:
                guard.remember(cursor)
            given = {self.param: cursor} if self.param and cursor is not None else {}
            answer = yield Step({self.as_: cursor}, given)
            cursor = self._next(answer.headers)
            if cursor is None:
                return

    def _next(self, headers: Mapping[str, str]) -> str | None:
        if self.more is not None and headers.get(self.more.lower(), "").strip().lower() != "true":
            return None
        cursor = headers.get(self.next.lower(), "").strip()
        if not cursor and self.more is not None:
            raise UnexpectedResponse(f"`{self.more}` says that there are more pages, but there is no `{self.next}`")
        return cursor or None
