"""
CompanyCam's endpoints of photos.

Source: the partner's OpenAPI file and its 2026 copy (cursors in response headers). A new photo is `pending`
until it was processed; nothing is fetched from its `uri` here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.companycam_data import photo
from runner.authoring.simulate.companycam_projects import Announce, tag
from runner.authoring.simulate.companycam_requests import bare, found, members, needed, refusal, walked
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row, Table


class Photos:
    """
    Args:
        partner: whose tables these are.
        announce: sends a webhook: event, name of the object's type, object.
        author: who is credited for a write.
        processing: seconds until a photo is processed.
    """

    def __init__(
        self, partner: Partner, announce: Announce, author: Callable[[Request], Row], processing: float
    ) -> None:
        self._partner = partner
        self._announce = announce
        self._author = author
        self._processing = processing
        self._tags: defaultdict[str, list[Row]] = defaultdict(list)

    def routes(self) -> Iterable[Route]:
        route, one = self._partner.route, "/v2/photos/{id}"
        yield route("GET", "/v2/photos", self._list)
        yield route("GET", "/v2/projects/{id}/photos", self._list_of_project)
        yield route("POST", "/v2/projects/{id}/photos", self._create)
        yield route("GET", one, self._show)
        yield route("PUT", one, self._update)
        yield route("DELETE", one, self._delete)
        yield route("POST", f"{one}/descriptions", self._describe)
        yield route("GET", f"{one}/tags", self._list_tags)
        yield route("POST", f"{one}/tags", self._add_tags)

    @property
    def _table(self) -> Table:
        return self._partner.table("photos")

    def _photo(self, request: Request) -> Row:
        return found(self._table, request.path_params["id"])

    def shown(self, row: Row) -> Row:
        """A pending photo is processed once its time has come."""
        ready = row["created_at"] + self._processing <= self._partner.now().timestamp()
        return {**row, "processing_status": "processed"} if ready else row

    async def _list(self, request: Request) -> Response:
        wanted = _several(request, "project_ids")
        rows = self._newest(request)
        return walked([row for row in rows if not wanted or row["project_id"] in wanted], request, self.shown)

    async def _list_of_project(self, request: Request) -> Response:
        key = found(self._partner.table("projects"), request.path_params["id"])["id"]
        return walked([row for row in self._newest(request) if row["project_id"] == key], request, self.shown)

    def _newest(self, request: Request) -> list[Row]:
        """By `captured_at`, newest first; `start_date` and `end_date` bound it, in unix seconds."""
        start, end = _seconds(request, "start_date", 0), _seconds(request, "end_date", 2**40)
        users = _several(request, "user_ids")
        return [
            row
            for row in reversed(self._table.ordered("captured_at"))
            if row["status"] == "active"
            and start <= row["captured_at"] <= end
            and (not users or row["creator_id"] in users)
        ]

    async def _create(self, request: Request) -> Response:
        project = found(self._partner.table("projects"), request.path_params["id"])
        body, author = await members(request, "photo"), self._author(request)
        if not needed(body, "uri", str).startswith(("http://", "https://")):
            raise refusal(400, "uri is invalid")
        fields = photo("0", project["company_id"], project["id"], needed(body, "captured_at", int))
        fields |= {name: body[name] for name in ("coordinates", "description") if name in body}
        fields |= {
            "creator_id": author["id"],
            "creator_name": f"{author['first_name']} {author['last_name']}",
        }
        own = ("id", "uris", "hash", "photo_url")
        key = self._partner.add("photos", **{name: fields[name] for name in fields if name not in own})
        self._tag(key, project["company_id"], body.get("tags") or [])
        return reply(self.shown(self._table.row(key)), 201)

    async def _show(self, request: Request) -> Response:
        return reply(self.shown(self._photo(request)))

    async def _update(self, request: Request) -> Response:
        row, body = self._photo(request), await members(request, "photo")
        fields = {
            name: body[name] for name in ("captured_at", "coordinates", "description", "internal") if name in body
        }
        self._partner.change("photos", row["id"], **fields)
        return reply(self.shown(row), 201)

    async def _delete(self, request: Request) -> Response:
        """Told by no webhook."""
        self._partner.change("photos", self._photo(request)["id"], status="deleted")
        return Response(status_code=204)

    async def _describe(self, request: Request) -> Response:
        row, body = self._photo(request), await members(request)
        self._partner.change("photos", row["id"], description=needed(body, "description", str))
        return reply(self.shown(row), 201)

    async def _list_tags(self, request: Request) -> Response:
        return bare(self._tags[self._photo(request)["id"]], request)

    async def _add_tags(self, request: Request) -> Response:
        row, names = self._photo(request), needed(await members(request), "tags", list)
        self._tag(row["id"], row["company_id"], names)
        self._announce("photo.tag_added", "photo", self.shown(row))
        return reply(self._tags[row["id"]], 201)

    def _tag(self, key: str, company_id: str, names: Iterable[object]) -> None:
        known = {one["value"] for one in self._tags[key]}
        new = [str(name) for name in names if str(name).lower() not in known]
        self._tags[key].extend(tag(self._partner, company_id, name) for name in new)


def _several(request: Request, name: str) -> set[str]:
    """The partner does not say how lists are written: `name[]`, repeated, and commas are all understood."""
    values = [*request.query_params.getlist(name), *request.query_params.getlist(f"{name}[]")]
    return {part for value in values for part in value.split(",") if part}


def _seconds(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise refusal(400, f"{name} is invalid")
    return int(text)
