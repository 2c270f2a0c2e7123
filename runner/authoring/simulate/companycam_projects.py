"""
CompanyCam's endpoints of projects, their labels, assigned users and notepad.

Source: the partner's OpenAPI file. PUT on assigned users and notepad answers 201; archive and restore are
declared without a status that we could read, here they answer 200 with the project.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.companycam_requests import bare, found, members, needed, refusal
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row, Table

WRITABLE = ("name", "address", "coordinates", "geofence", "primary_contact")
KINDS: dict[str, type] = {"name": str, "address": dict, "coordinates": dict, "geofence": list, "primary_contact": dict}
Announce = Callable[[str, str, Row], None]


class Projects:
    """
    Args:
        partner: whose tables these are.
        announce: sends a webhook: event, name of the object's type, object.
        author: who is credited for a write.
    """

    def __init__(self, partner: Partner, announce: Announce, author: Callable[[Request], Row]) -> None:
        self._partner = partner
        self._announce = announce
        self._author = author
        self._labels: defaultdict[str, list[Row]] = defaultdict(list)
        self._assigned: defaultdict[str, list[str]] = defaultdict(list)

    def routes(self) -> Iterable[Route]:
        route, one = self._partner.route, "/v2/projects/{id}"
        yield route("GET", "/v2/projects", self._list)
        yield route("POST", "/v2/projects", self._create)
        yield route("GET", one, self._show)
        yield route("PUT", one, self._update)
        yield route("DELETE", one, self._delete)
        yield route("PATCH", f"{one}/archive", self._archive)
        yield route("PUT", f"{one}/restore", self._restore)
        yield route("PUT", f"{one}/notepad", self._write_notepad)
        yield route("GET", f"{one}/assigned_users", self._list_assigned)
        yield route("PUT", f"{one}/assigned_users/{{user_id}}", self._assign)
        yield route("DELETE", f"{one}/assigned_users/{{user_id}}", self._unassign)
        yield route("GET", f"{one}/labels", self._list_labels)
        yield route("POST", f"{one}/labels", self._add_labels)
        yield route("DELETE", f"{one}/labels/{{label_id}}", self._remove_label)

    @property
    def _table(self) -> Table:
        return self._partner.table("projects")

    def _project(self, request: Request) -> Row:
        return found(self._table, request.path_params["id"])

    async def _list(self, request: Request) -> Response:
        """Most recent activity first; deleted ones too unless `status` is asked for."""
        query = request.query_params
        rows: Iterable[Row] = self._table.recent()
        if "modified_since" in query:
            since = _unix(query["modified_since"])
            rows = (row for row in rows if row["updated_at"] >= since)
        if "status" in query:
            rows = (row for row in rows if row["status"] == query["status"])
        if words := query.get("query", "").casefold():
            rows = (row for row in rows if words in _searched(row))
        return bare(list(rows), request)

    async def _create(self, request: Request) -> Response:
        """No idempotency key: the same body twice makes two projects."""
        fields = _written(await members(request))
        author = self._author(request)
        blank: Row = {
            "name": None,
            "address": {},
            "coordinates": None,
            "geofence": [],
            "primary_contact": None,
            "notepad": None,
            "status": "active",
            "archived": False,
            "creator_id": author["id"],
            "creator_name": f"{author['first_name']} {author['last_name']}",
        }
        key = self._partner.add("projects", **{**blank, **self._with_contact(fields, {})})
        return reply(self._table.row(key), 201)

    def _with_contact(self, fields: Row, old: Row) -> Row:
        """A written contact becomes an entity of its own, or changes the one there is."""
        if not fields.get("primary_contact"):
            return fields
        now = self._partner.stamp()
        blank = {"name": None, "email": None, "phone_number": None, "created_at": now}
        known = old or {"id": self._partner.dice.mint("contact")[:8], **blank}
        return {**fields, "primary_contact": {**known, **fields["primary_contact"], "updated_at": now}}

    async def _show(self, request: Request) -> Response:
        return reply(self._project(request))

    async def _update(self, request: Request) -> Response:
        project = self._project(request)
        fields = _written(await members(request))
        if "address" in fields:
            fields["address"] = {**project["address"], **fields["address"]}
        fields = self._with_contact(fields, project["primary_contact"] or {})
        self._partner.change("projects", project["id"], **fields)
        return reply(self._project(request))

    async def _delete(self, request: Request) -> Response:
        """A soft delete: the project stays and says so."""
        self._partner.change("projects", self._project(request)["id"], status="deleted")
        return Response(status_code=204)

    async def _archive(self, request: Request) -> Response:
        self._partner.change("projects", self._project(request)["id"], archived=True)
        return reply(self._project(request))

    async def _restore(self, request: Request) -> Response:
        self._partner.change("projects", self._project(request)["id"], archived=False, status="active")
        return reply(self._project(request))

    async def _write_notepad(self, request: Request) -> Response:
        project, body = self._project(request), await members(request)
        self._partner.change("projects", project["id"], notepad=needed(body, "notepad", str))
        return reply(self._project(request), 201)

    async def _list_assigned(self, request: Request) -> Response:
        users = self._partner.table("users")
        return bare([users.row(key) for key in self._assigned[self._project(request)["id"]]], request)

    async def _assign(self, request: Request) -> Response:
        project = self._project(request)
        user = found(self._partner.table("users"), request.path_params["user_id"])
        if user["id"] not in self._assigned[project["id"]]:
            self._assigned[project["id"]].append(user["id"])
        return reply(user, 201)

    async def _unassign(self, request: Request) -> Response:
        assigned, user = self._assigned[self._project(request)["id"]], request.path_params["user_id"]
        if user not in assigned:
            raise refusal(404, "Record not found")
        assigned.remove(user)
        return Response(status_code=204)

    async def _list_labels(self, request: Request) -> Response:
        return bare(self._labels[self._project(request)["id"]], request)

    async def _add_labels(self, request: Request) -> Response:
        project = self._project(request)
        labels = self._labels[project["id"]]
        wanted = needed(await members(request, "project"), "labels", list)
        known = {label["value"] for label in labels}
        new = [str(name) for name in dict.fromkeys(wanted) if str(name).lower() not in known]
        labels.extend(tag(self._partner, project["company_id"], name) for name in new)
        if new:
            self._announce("project.label_added", "project", project)
        return reply(labels, 201)

    async def _remove_label(self, request: Request) -> Response:
        key, label = self._project(request)["id"], request.path_params["label_id"]
        if label not in {one["id"] for one in self._labels[key]}:
            raise refusal(404, "Record not found")
        self._labels[key] = [one for one in self._labels[key] if one["id"] != label]
        return Response(status_code=204)


def tag(partner: Partner, company_id: str, name: str) -> Row:
    """A tag or label: shown as it was typed, compared in lower case."""
    key, now = str(int(partner.dice.mint("tag")[:8], 16)), partner.stamp()
    words = {"display_value": name, "value": name.lower()}
    return {"id": key, "company_id": company_id, **words, "created_at": now, "updated_at": now}


def _written(body: Row) -> Row:
    """The members that a write may set; others are passed over in silence."""
    fields: dict[str, Any] = {name: body[name] for name in WRITABLE if name in body}
    for name, value in fields.items():
        if value is not None and not isinstance(value, KINDS[name]):
            raise refusal(400, f"{name} is invalid")
    points = [fields.get("coordinates"), *(fields.get("geofence") or ())]
    if not all(point is None or _is_point(point) for point in points):
        raise refusal(400, "coordinates is invalid")
    return fields


def _is_point(value: object) -> bool:
    """Both `lat` and `lon`, as numbers."""
    return isinstance(value, dict) and all(isinstance(value.get(name), int | float) for name in ("lat", "lon"))


def _searched(row: Row) -> str:
    return f"{row['name'] or ''}\n{row['address'].get('street_address_1') or ''}".casefold()


def _unix(text: str) -> float:
    """`modified_since` is ISO 8601 while every other time is unix seconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refusal(400, "modified_since is invalid") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
