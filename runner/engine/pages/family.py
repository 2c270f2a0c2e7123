"""The pages of a sync that walks its endpoint once for every record of another kind, in the order of their ids."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.connector.endpoint import Endpoint
from runner.connector.sync import ForEach
from runner.engine.house import House
from runner.engine.pages.course import Came, Course
from runner.errors import MappingError, RecordSkipped
from runner.model.http import Response
from runner.model.integration import Integration
from runner.store import feed
from runner.store.feed import StoredRecord

PARENT = ":parent"
"""Whose pages they are, among the variables of a page: no name of a variable begins so."""


@dataclass(frozen=True)
class Family:
    """The walks of one sync. Records that were first stored after `saved_at`, when the last complete walk began, are
    asked for everything; the others with `scope`."""

    house: House
    connector: Connector
    integration: Integration
    endpoint: str
    each: ForEach
    scope: Mapping[str, Any]
    saved_at: datetime | None

    async def pages(self, start: Mapping[str, Any] | None = None) -> AsyncGenerator[Came, None]:
        """The pages from `start` on, parent by parent; the first ones of the next few parents are on their way. The
        last page has no `next`, and may be empty. Raises as `Course.pages`."""
        at = (start or {}).get(PARENT, "")
        parents = [one for one in await self._parents() if one.record.external_id >= at]
        came: Came | None = None
        opened: deque[_Opened] = deque()
        coming = self._openings(parents, start or {})
        try:
            for place in range(len(parents)):
                while len(opened) < self.each.at_once and (one := next(coming, None)) is not None:
                    opened.append(one)
                after = {PARENT: parents[place + 1].record.external_id} if place + 1 < len(parents) else None
                async with aclosing(_told(opened[0])) as found:
                    async for page in found:
                        mine = {**page.next, PARENT: opened[0].parent} if page.next is not None else after
                        came = replace(page, next=mine)
                        yield came
                opened.popleft()
        finally:
            for one in opened:
                await one.close()
        if came is None or came.next is not None:
            yield Came([], Response(204, {}, b""), self.house.clock.now(), None)

    async def _parents(self) -> list[StoredRecord]:
        def work(connection: Connection) -> list[StoredRecord]:
            return list(feed.iterate(connection, self.integration.id, self.each.record))

        found: list[StoredRecord] = await self.house.store.database.read(work)
        return sorted(found, key=lambda stored: stored.record.external_id)

    def _openings(self, parents: list[StoredRecord], start: Mapping[str, Any]) -> Iterator[_Opened]:
        """The walk of each parent, begun when it is asked for. The first goes on where the walk was."""
        within = {name: value for name, value in start.items() if name != PARENT}
        for stored in parents:
            mine = within if stored.record.external_id == start.get(PARENT) else None
            yield _Opened(stored.record.external_id, self._course(stored).pages(mine or None))

    def _course(self, stored: StoredRecord) -> Course:
        is_new = self.saved_at is None or stored.created_at >= self.saved_at
        scope = {**self.scope, "checkpoint": None} if is_new else self.scope
        given = asked_with(self.connector.endpoints[self.endpoint], self.endpoint, self.each, stored)
        return Course(self.house, self.connector, self.integration, self.endpoint, scope, given)


class _Opened:
    """The walk of one parent, whose first page is on its way."""

    def __init__(self, parent: str, pages: AsyncGenerator[Came, None]) -> None:
        self.parent, self.pages = parent, pages
        self.first = asyncio.ensure_future(anext(pages, None))

    async def close(self) -> None:
        """Leave no call behind."""
        self.first.cancel()
        await asyncio.gather(self.first, return_exceptions=True)
        await self.pages.aclose()


async def _told(opened: _Opened) -> AsyncGenerator[Came, None]:
    """The pages of one parent; none of one that the partner does not have any more."""
    try:
        page = await opened.first
        while page is not None:
            yield page
            page = await anext(opened.pages, None)
    except RecordSkipped:
        return


def asked_with(endpoint: Endpoint, name: str, each: ForEach, stored: StoredRecord) -> dict[str, Any]:
    """The input of the endpoint for one parent; MappingError when it is not what the endpoint asks for."""
    record = stored.record
    read = {**record.fields, "id": record.external_id, "kind": record.kind, "inactive": record.inactive}
    given = {key: rule.search(read) for key, rule in each.hand_over.items()}
    for key, declared in endpoint.input.items():
        flaw = declared.flaw(given.get(key))
        if flaw:
            raise MappingError(f"`{key}` for endpoint `{name}`, read from {record.kind} {record.external_id}, {flaw}")
    return given
