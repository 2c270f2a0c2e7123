"""
HubSpot's endpoints of associations (CRM v4).

Source: the official OpenAPI file CRM/Associations v4. Inputs without associations come as errors in a 207.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from datetime import datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.hubspot_data import BY_NAME, KINDS, written
from runner.authoring.simulate.hubspot_objects import MOST_INPUTS, Routing
from runner.authoring.simulate.hubspot_options import HubSpotOptions
from runner.authoring.simulate.hubspot_ties import End, Labels, numbered
from runner.authoring.simulate.table import Row

NONE_FOUND = "crm.associations.NO_ASSOCIATIONS_FOUND"


class Links:
    """
    The endpoints of associations.

    Args:
        tied: hears of each association that is made or ended through the API.
    """

    def __init__(
        self,
        account: Routing,
        options: HubSpotOptions,
        now: Callable[[], datetime],
        tied: Callable[[End, End, bool], None],
    ) -> None:
        self._account = account
        self._options = options
        self._now = now
        self._tied = tied

    def routes(self) -> Iterable[Route]:
        route, one = self._account.route, "/crm/v4/objects/{from}/{id}/associations"
        yield route("GET", f"{one}/{{to}}", self._list)
        yield route("PUT", f"{one}/default/{{to}}/{{to_id}}", self._tie)
        yield route("DELETE", f"{one}/{{to}}/{{to_id}}", self._untie)
        yield route("POST", "/crm/v4/associations/{from}/{to}/batch/read", self._batch)

    async def _list(self, request: Request) -> Response:
        end, kind = self._end(request, "from", "id"), self._name(request, "to")
        limit = int(request.query_params.get("limit", self._options.ties_page))
        return reply(self._page(end, kind, request.query_params.get("after", ""), min(limit, self._options.ties_page)))

    def _page(self, end: End, kind: str, after: str, limit: int) -> Row:
        ties = self._account.ties.of(end, kind)
        start = self._place(after)
        page: Row = {"results": [numbered(end.kind, tie) for tie in ties[start : start + limit]]}
        if start + limit < len(ties):
            mark = quote(base64.b64encode(str(start + limit).encode()).decode(), safe="")
            page["paging"] = {"next": {"after": mark, "link": f"https://api.hubapi.com/crm/v4/...?after={mark}"}}
        return page

    def _place(self, mark: str) -> int:
        try:
            return int(base64.b64decode(mark.replace("%3D", "="), validate=True)) if mark else 0
        except (binascii.Error, ValueError):
            raise self._account.errors.refusal(400, "after is invalid") from None

    async def _batch(self, request: Request) -> Response:
        one, other, started = self._name(request, "from"), self._name(request, "to"), written(self._now())
        body = await json_body(request)
        inputs = body.get("inputs") if isinstance(body, dict) else None
        if not isinstance(inputs, list) or not 1 <= len(inputs) <= MOST_INPUTS:
            raise self._account.errors.refusal(400, f"inputs must hold 1 to {MOST_INPUTS} items")
        results, errors = [], []
        for item in inputs:
            key = str(item.get("id"))
            page = self._page(End(one, key), other, str(item.get("after") or ""), self._options.ties_page)
            if page["results"]:
                results.append({"from": {"id": key}, "to": page.pop("results"), **page})
            else:
                errors.append(self._alone(one, key, other))
        failed = {"numErrors": len(errors), "errors": errors} if errors else {}
        done = {"status": "COMPLETE", "results": results, "startedAt": started, "completedAt": written(self._now())}
        return reply({**done, **failed}, 207 if errors else 200)

    def _alone(self, one: str, key: str, other: str) -> Row:
        message = f"No {other} is associated with {one} {key}."
        return self._account.errors.body(404, message, subCategory=NONE_FOUND, context={"fromObjectId": [key]})

    async def _tie(self, request: Request) -> Response:
        one, other = self._end(request, "from", "id"), self._end(request, "to", "to_id")
        if self._account.ties.tie(one, other, Labels()):
            self._tied(one, other, False)
        types = numbered(one.kind, (other, Labels()))["associationTypes"]
        ends = {"from": {"id": one.id}, "to": {"id": other.id}}
        return reply({"status": "COMPLETE", "results": [{**ends, "associationSpec": types[0]}]})

    async def _untie(self, request: Request) -> Response:
        one, other = self._end(request, "from", "id"), self._end(request, "to", "to_id")
        if other in [end for end, _ in self._account.ties.of(one, other.kind)]:
            self._account.ties.untie(one, other)
            self._tied(one, other, True)
        return Response(status_code=204)

    def _name(self, request: Request, where: str) -> str:
        given = request.path_params[where]
        kind = KINDS.get(given) or BY_NAME.get(given)
        if kind is None:
            raise self._account.errors.refusal(400, f"Unable to infer object type from: {given}")
        return kind.name

    def _end(self, request: Request, kind: str, key: str) -> End:
        """An object that is there. Raises Refusal."""
        end = End(self._name(request, kind), request.path_params[key])
        row = self._account.table(BY_NAME[end.kind].table).get(end.id)
        if row is None or row["archived"]:
            raise self._account.errors.refusal(404, f"{end.kind} {end.id} was not found")
        return end
