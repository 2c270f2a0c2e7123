"""Pages that come from another endpoint than the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Name
from runner.components.paginators.base import Paginator, Step, Walk, read_by
from runner.components.paginators.guard import Guard, following
from runner.mapping.expression import Expression
from runner.mapping.reads import Path


class Continue(Paginator):
    """Further pages come from another endpoint, which is given the cursor as its input.

    The partner answers `POST /files/list_folder` with

        {"entries": [...], "cursor": "AAE7...", "has_more": true}

    and takes the cursor at `POST /files/list_folder/continue`, an endpoint `files_continue` with the input `cursor`:

        paginate: {type: continue, next: cursor, more: has_more, endpoint: files_continue, as: cursor}

    Its answers have the form of the first one as far as `next` and `more` go; `records` is that endpoint's own. The
    walk ends when `more` is false, or without `more` when there is no cursor. A walk that starts with a checkpoint (see
    `incremental: {type: token}`) starts at that endpoint, with the checkpoint as its cursor.
    """

    example: ClassVar[str] = "{type: continue, next: cursor, more: has_more, endpoint: files_continue, as: cursor}"
    type: Literal["continue"] = Field(description="Further pages come from another endpoint.")
    next: Expression = Field(description="JMESPath over the body: the cursor of the next page.", examples=["cursor"])
    more: Expression | None = Field(None, description="JMESPath over the body: true while there are more pages.")
    endpoint: Name = Field(description="The endpoint of every page but the first.")
    as_: Name = Field("cursor", alias="as", description="The input of that endpoint which takes the cursor.")

    @property
    def reads(self) -> frozenset[Path] | None:
        return read_by(self.next, self.more)

    def opening(self, checkpoint: str | None) -> dict[str, Any] | None:
        return None if checkpoint is None else {self.as_: checkpoint}

    def walk(self, start: Mapping[str, Any] | None = None) -> Walk:
        guard = Guard(self.most_pages)
        cursor = (start or {}).get(self.as_)
        while True:
            guard.turn()
            if cursor is not None:
                guard.remember(cursor)
            answer = yield Step() if cursor is None else Step({self.as_: cursor}, endpoint=self.endpoint)
            cursor = following(self.next, self.more, answer.body)
            if cursor is None:
                return
