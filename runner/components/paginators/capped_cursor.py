"""A cursor that the partner ends after so many results: the walk then starts again behind the last one."""

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


class CappedCursor(Paginator):
    """A cursor in the body that the partner ends after `most` results.

    HubSpot's search answers

        {"results": [{"id": "501"}, ..., {"id": "700"}], "paging": {"next": {"after": "200"}}}

    and refuses to go past 10,000 results of one search. Sorted by id, and asked for ids above `page.last`, the walk
    starts again there, with the cursor null:

        paginate: {type: capped_cursor, next: paging.next.after, as: after, most: 10000, restart: "results[-1].id", restart_as: last}

    `{{ page.after }}` and `{{ page.last }}` are null at first; `{{ page.seen }}` counts the results of this search. A
    restart that does not move is an error.
    """  # noqa: E501  # an example in one piece

    example: ClassVar[str] = (
        '{type: capped_cursor, next: paging.next.after, as: after, most: 10000, restart: "results[-1].id", '
        "restart_as: last}"
    )
    type: Literal["capped_cursor"] = Field(description="A cursor that the partner ends after so many results.")
    next: Expression = Field(
        description="JMESPath over the body: the cursor of the next page.", examples=["paging.next.after"]
    )
    as_: Name = Field("cursor", alias="as", description="The name under which templates read it: `{{ page.cursor }}`.")
    most: int = Field(ge=1, description="How many results one search gives.", examples=[10000])
    restart: Expression = Field(
        description="JMESPath over the last page: what the next search starts behind.", examples=["results[-1].id"]
    )
    restart_as: Name = Field(description="The name under which templates read that.", examples=["last"])

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.as_, self.restart_as, "seen")

    @property
    def reads(self) -> frozenset[Path] | None:
        return read_by(self.next, self.restart)

    def walk(self, start: Mapping[str, Any] | None = None) -> Walk:
        known = start or {}
        cursor, last, seen = known.get(self.as_), known.get(self.restart_as), int(known.get("seen", 0))
        cursors, restarts = Guard(self.most_pages), Guard(self.most_pages)
        if last is not None:
            restarts.remember(last)
        while True:
            cursors.turn()
            if cursor is not None:
                cursors.remember((last, cursor))
            answer = yield Step({self.as_: cursor, self.restart_as: last, "seen": seen})
            seen += answer.count
            cursor = cursor_of(self.next, answer.body)
            if answer.count and seen + answer.count > self.most:
                cursor, last, seen = None, self._restart(answer), 0
                restarts.remember(last)
            elif cursor is None:
                return

    def _restart(self, answer: Answer) -> str | int:
        found = cursor_of(self.restart, answer.body)
        if found is None:
            raise UnexpectedResponse(
                f"the search has given its {self.most} results, and `restart: {self.restart}` finds nothing on the "
                "last page to start behind"
            )
        return found
