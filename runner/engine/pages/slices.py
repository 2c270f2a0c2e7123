"""The pages of a window of dates that is asked for in slices, one after the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from runner.connector.connector import Connector
from runner.engine.house import House
from runner.engine.pages.course import Came, Course
from runner.model.integration import Integration

SLICE = ":slice"
"""The number of the slice, among the variables of a page: no name of a variable begins so."""


@dataclass(frozen=True)
class Slices:
    """The walks over an endpoint, one for each slice of the window in `scope`."""

    house: House
    connector: Connector
    integration: Integration
    endpoint: str
    scope: Mapping[str, Any]

    async def pages(self, start: Mapping[str, Any] | None = None) -> AsyncGenerator[Came, None]:
        """The pages from `start` on, slice by slice. Raises as `Course.pages`."""
        windows, place = self.scope["window"]["slices"], dict(start or {})
        first = place.pop(SLICE, 0)
        for number in range(first, len(windows)):
            scope = {**self.scope, "window": windows[number]}
            course = Course(self.house, self.connector, self.integration, self.endpoint, scope)
            after = {SLICE: number + 1} if number + 1 < len(windows) else None
            async with aclosing(course.pages(place if number == first and place else None)) as came:
                async for page in came:
                    yield replace(page, next={**page.next, SLICE: number} if page.next is not None else after)
