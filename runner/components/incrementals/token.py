"""A text of the partner's that says how far we are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from runner.components.block import Period
from runner.components.incrementals.base import Incremental
from runner.errors import UnexpectedResponse
from runner.mapping.expression import Expression
from runner.mapping.reads import Path


class Token(Incremental):
    """A text of the partner's that says how far we are: a sync token, a delta link, a cursor that never ends.

    Google answers on the last page of a walk

        {"items": [...], "nextSyncToken": "CPDAlvWDx70CEPDAlvWDx70CGAU="}

    and takes `syncToken=CPDA...` the next time, to tell only what has changed since:

        incremental: {type: token, path: nextSyncToken, at: last_page}

    with `params: {syncToken: "{{ checkpoint }}"}` in the endpoint. Export feeds name the next place on every page, the
    last one too, and it counts as soon as the page is stored: `at: every_page`. Nothing is ever subtracted from a
    token. With `reach`, one that was saved longer ago counts as none, and the run is a full one; so it is when the
    partner refuses a token (`do: full_resync`).
    """

    example: ClassVar[str] = "{type: token, path: nextSyncToken, at: last_page}"
    type: Literal["token"] = Field(description="A text of the partner's that says how far we are.")
    path: Expression = Field(description="JMESPath over the body: the token.", examples=["nextSyncToken"])
    at: Literal["last_page", "every_page"] = Field(
        description="Where it stands: on the last page of a walk, or on each, which then counts at once."
    )
    reach: Period | None = Field(None, description="How long the partner takes a token.", examples=["29d"])
    is_told: ClassVar[bool] = True

    @property
    def reads(self) -> frozenset[Path] | None:
        return self.path.reads

    @property
    def is_saved_at_once(self) -> bool:
        return self.at == "every_page"

    def begin(self, checkpoint: str | None, now: datetime, full: bool) -> dict[str, Any]:
        return {"checkpoint": None if full else checkpoint, "window": {}}

    def advance(self, checkpoint: str | None, seen: Iterable[str | None]) -> str | None:
        return next((token for token in seen if token), checkpoint)

    def is_spent(self, checkpoint: str, saved_at: datetime | None, now: datetime) -> bool:
        return self.reach is not None and (saved_at is None or now - saved_at > self.reach)

    def told(self, body: Any, is_last: bool) -> str | None:
        if self.at == "last_page" and not is_last:
            return None
        found = self.path.search(body)
        if found is None or found == "":
            if self.at == "last_page":
                raise UnexpectedResponse(f"the last page has no token at `{self.path}`, so nobody can tell what is new")
            return None
        if isinstance(found, str | int) and not isinstance(found, bool):
            return str(found)
        raise UnexpectedResponse(f"`{self.path}` gives {type(found).__name__} in place of a token")
