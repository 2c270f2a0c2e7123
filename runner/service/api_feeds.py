"""The API of what comes in and goes out: records in the order of change, changes, runs, deliveries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from runner.engine.house import House
from runner.model.event import EventState
from runner.model.push import PushState
from runner.model.run import RunState
from runner.service import api_shapes as shapes
from runner.service.asked import check_connector, check_integration, check_kind
from runner.service.cursors import check_place, cursor_of, place_of
from runner.service.operation import json, query_of, reads
from runner.service.push_shapes import PushShape
from runner.service.record_shapes import EventShape, RecordShape
from runner.service.shapes import ChangeShape, RunShape
from runner.store import changes, events, feed, integrations, pushes, runs
from runner.store.events import EventFilter

T = TypeVar("T")


_FEED = (
    "A feed of changes: every record once, where it changed last, deleted ones too (`deleted`). Begin without "
    "`after`, keep `next` of each page once you have stored what it holds, and go on with it, at once while `more` is "
    "true, else whenever you like. No change is left out, whoever writes meanwhile; one that happens while you read "
    "comes again at its new place, so that the last you saw of a record is how it is. A cursor never grows old; one "
    "that you kept earlier only shows again what changed since. It belongs to the filters that it was made with: with "
    "others, or when it was changed, it is refused with 400 `wrong-cursor`. The records of an integration that is "
    "removed leave the feed with it; `GET /api/changes` tells of that."
)


class FeedsApi:
    """The handlers of what the host reads: `/api/records`, `/api/changes`, `/api/runs` and `/api/deliveries`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.operations = [
            reads("/api/records", "listRecords", "Records in the order of change", self.records,
                  shapes.RecordPage, shapes.WhichRecords, _FEED, fails=(400,)),
            reads("/api/changes", "listChanges", "What became of integrations, in order", self.changes,
                  shapes.ChangePage, shapes.WhichChanges),
            reads("/api/runs", "listRuns", "Runs of syncs", self.runs, shapes.Runs, shapes.WhichRuns),
            reads("/api/deliveries", "listDeliveries", "Events and pushes", self.deliveries, shapes.Deliveries,
                  shapes.WhichDeliveries),
        ]  # fmt: skip

    async def records(self, request: Request) -> Response:
        """The next records of the feed."""
        asked = query_of(request, shapes.WhichRecords)
        check_kind(self._house, asked.kind)
        check_connector(self._house, asked.connector)
        await check_integration(self._house, asked.integration)
        after = place_of(asked.after, asked.filters) if asked.after is not None else 0
        return json(await self._read(lambda c: _page(c, asked, after)))

    async def changes(self, request: Request) -> Response:
        """The next changes of integrations: what the host may have missed."""
        asked = query_of(request, shapes.WhichChanges)
        found = await self._read(
            lambda c: changes.find(c, asked.integration, asked.company, after=asked.after, limit=asked.limit)
        )
        last = found[-1].change.id if found else asked.after
        return json(shapes.ChangePage(changes=[ChangeShape.of(one) for one in found], next=last))

    async def runs(self, request: Request) -> Response:
        """The latest runs of syncs."""
        asked = query_of(request, shapes.WhichRuns)
        await check_integration(self._house, asked.integration)
        state = RunState(asked.state) if asked.state else None
        found = await self._read(lambda c: runs.find(c, asked.integration, asked.sync, state, asked.limit))
        return json(shapes.Runs(runs=[RunShape.of(one) for one in found]))

    async def deliveries(self, request: Request) -> Response:
        """The latest events and pushes."""
        asked = query_of(request, shapes.WhichDeliveries)
        await check_integration(self._house, asked.integration)
        chosen = EventFilter(integration_id=asked.integration, state=EventState.DEAD if asked.failed else None)
        state = PushState.FAILED if asked.failed else None
        told = await self._read(lambda c: events.find(c, chosen, asked.limit))
        sent = await self._read(lambda c: pushes.find(c, destination=asked.integration, state=state, limit=asked.limit))
        found = shapes.Deliveries(
            events=[EventShape.of(one) for one in told], pushes=[PushShape.of(one) for one in sent]
        )
        return json(found)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._house.store.database.read(work)


def _page(connection: Connection, asked: shapes.WhichRecords, after: int) -> shapes.RecordPage:
    head = feed.head(connection)
    check_place(after, head)
    found = feed.find(
        connection,
        asked.integration,
        asked.kind,
        company=asked.company,
        connector=asked.connector,
        after=after,
        limit=asked.limit,
    )
    owners = integrations.named(connection, {one.integration_id for one in found})
    more = len(found) == asked.limit
    last = found[-1].sequence if found else after
    return shapes.RecordPage(
        records=[RecordShape.of(one, owners[one.integration_id]) for one in found if one.integration_id in owners],
        next=cursor_of(last if more else max(last, head), asked.filters),
        more=more,
    )
