"""The API of links: which thing of a partner is which at the destination, who is missing, and a person's word on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from runner.engine.house import House
from runner.engine.links.link import link, unlink
from runner.engine.links.unmatched import missing
from runner.model.integration import Integration
from runner.service import link_shapes as shapes
from runner.service.link_shapes import LinkShape, UnmatchedShape
from runner.service.operation import Operation, body_of, json, query_of, reads
from runner.store import integrations, links

T = TypeVar("T")

_SET = (
    "It takes the place of what was known. What was pushed by the old link is pushed anew, and what waited for one "
    "goes on. 404 when no delivery rule has links of that kind, or no such record is stored."
)
_UNMATCHED = (
    "Each is told once, in the log and as `integration.unmatched`, and is listed here until it is linked: by hand, or "
    "because a push found its twin at last. `candidates` are records of the destination that nothing is linked to yet."
)


class LinksApi:
    """The handlers of `/api/integrations/{id}/links` and `/unmatched`."""

    def __init__(self, house: House) -> None:
        self._house = house
        path = "/api/integrations/{id}/links"
        self.operations = [
            reads(path, "listLinks", "What is which at the destinations", self.listed, shapes.Links, shapes.WhichLinks),
            Operation("PUT", path, "setLink", "Say what is which", self.set, shapes.Links, takes=shapes.SetLink,
                      description=_SET),
            Operation("DELETE", path, "removeLink", "Forget a link", self.remove, shapes.Links, asks=shapes.WhichLink),
            reads("/api/integrations/{id}/unmatched", "listUnmatched", "Who has no match, and who may be meant",
                  self.unmatched, shapes.Unlinked, shapes.WhichLinks, description=_UNMATCHED),
        ]  # fmt: skip

    async def listed(self, request: Request) -> Response:
        """The links of an integration's records."""
        asked = query_of(request, shapes.WhichLinks)
        return json(await self._links(await self._integration(request), asked.kind, asked.limit))

    async def set(self, request: Request) -> Response:
        """Link by hand."""
        asked = await body_of(request, shapes.SetLink)
        found = await self._integration(request)
        made = await link(self._house, found, asked.to, asked.kind, asked.external_id, asked.host_id)
        names = await self._read(_names)
        return json(shapes.Links(links=[LinkShape.of(made, names)]))

    async def remove(self, request: Request) -> Response:
        """Forget a link."""
        asked = query_of(request, shapes.WhichLink)
        found = await self._integration(request)
        await unlink(self._house, found, asked.to, asked.kind, asked.external_id)
        return json(await self._links(found, asked.kind, shapes.WhichLinks().limit))

    async def unmatched(self, request: Request) -> Response:
        """Who has no match."""
        asked = query_of(request, shapes.WhichLinks)
        found = await self._integration(request)
        rows, names = await self._read(lambda c: (missing(c, found.id, asked.kind, asked.limit), _names(c)))
        return json(shapes.Unlinked(unmatched=[UnmatchedShape.of(one, names) for one in rows]))

    async def _links(self, found: Integration, kind: str | None, limit: int) -> shapes.Links:
        rows, names = await self._read(lambda c: (links.find(c, found.id, kind=kind, limit=limit), _names(c)))
        return shapes.Links(links=[LinkShape.of(one, names) for one in rows])

    async def _integration(self, request: Request) -> Integration:
        wanted = request.path_params["id"].replace("\0", "?")  # a null is in no id, and PostgreSQL fails at it
        return await self._read(lambda c: integrations.get(c, wanted))

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._house.store.database.read(work)


def _names(connection: Connection) -> dict[str, Integration]:
    return {one.id: one for one in integrations.find(connection)}
