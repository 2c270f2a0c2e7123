"""The API for the host's backend: its keys, its routes and its document. What it does is in the files `api_*`."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runner.engine.house import House
from runner.model.secret import Secret
from runner.service.api_actions import ActionsApi
from runner.service.api_feeds import FeedsApi
from runner.service.api_integrations import IntegrationsApi
from runner.service.api_links import LinksApi
from runner.service.api_pushes import PushesApi
from runner.service.operation import Handler, openapi, routes
from runner.service.problems import Problem


class Api:
    """All of `/api`; every handler needs a key, as `Authorization: Bearer <key>` or `X-API-Key`."""

    def __init__(self, house: House, keys: Sequence[Secret]) -> None:
        self._house = house
        self._keys = tuple(keys)
        rooms = (IntegrationsApi(house), ActionsApi(house), LinksApi(house), FeedsApi(house), PushesApi(house))
        self.operations = [operation for room in rooms for operation in room.operations]

    def routes(self) -> list[Route]:
        """All routes of the API; the document alone needs no key, since it holds none."""
        document = Route("/api/openapi.json", self.document, methods=["GET"])
        return [document, *routes(self.operations, self._guarded)]

    async def document(self, _: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(openapi(self.operations, self._house.base_url))

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
            given = bearer.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
            self._check(given)
            return await handler(request)

        return guarded

    def _check(self, given: str) -> None:
        """Compare with every key, each in constant time."""
        if not self._keys:
            raise Problem(401, "no-api-key", "the API is shut: no key is set", "set RUNNER_API_KEYS and start again")
        if not sum(key.matches(given) for key in self._keys):
            raise Problem(401, "bad-api-key", "the key is missing or wrong", "send it as Authorization: Bearer <key>")
