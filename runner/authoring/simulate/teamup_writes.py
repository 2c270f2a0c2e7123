"""
Teamup's endpoints that change events: create, replace, delete, undo; of a series one, what follows, or all.

Sources: apidocs.teamup.com as described in public; GitHub Djones4822/pyTeamUp (pyteamup/Event.py); live tests reported
in public (a second POST with a remote id, deletion by remote id). Stale versions are refused with 400 here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.partner import Answer
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row, Table
from runner.authoring.simulate.teamup_bodies import members, written
from runner.authoring.simulate.teamup_diary import Diary
from runner.authoring.simulate.teamup_errors import refusal
from runner.authoring.simulate.teamup_options import TeamUpOptions
from runner.authoring.simulate.teamup_series import bounded, moment
from runner.authoring.simulate.teamup_shapes import alone, is_series

MODES = ("single", "future", "all")
WRITERS, ADDERS = ("modify", "admin"), ("add_only", "modify", "admin")


class Calling(Protocol):
    """What writes need of the partner."""

    diary: Diary
    dice: Dice
    options: TeamUpOptions

    def now(self) -> datetime: ...

    def stamp(self) -> str: ...

    def table(self, what: str) -> Table: ...

    def add(self, what: str, **fields: Any) -> Any: ...

    def change(self, what: str, id: str | int, **fields: Any) -> None: ...  # noqa: A002 - the partner's word

    def part(self, row: Row) -> None:
        """Give one of a series a row of its own."""

    def route(self, method: str, path: str, answer: Answer, *, api: bool = True) -> Route: ...

    def allow(self, request: Request, roles: Iterable[str]) -> None: ...


class Writes:
    """What is done to events."""

    def __init__(self, partner: Calling) -> None:
        self._partner = partner
        self._diary = partner.diary
        self._undo: dict[str, tuple[datetime, str, Row | None]] = {}

    def routes(self) -> Iterable[Route]:
        yield self._partner.route("POST", "/{key}/events", self._create)
        yield self._partner.route("PUT", "/{key}/events/undo/{undo}", self._take_back)
        yield self._partner.route("PUT", "/{key}/events/{id}", self._replace)
        yield self._partner.route("DELETE", "/{key}/events/{id}", self._delete)

    async def _create(self, request: Request) -> Response:
        self._partner.allow(request, ADDERS)
        fields = self._fields(await members(request), None)
        key = self._partner.add("events", **fields)
        return self._answer(key, self._remember(key, None), 201)

    async def _replace(self, request: Request) -> Response:
        """What the body leaves out is cleared."""
        self._partner.allow(request, WRITERS)
        body, row = await members(request), self._diary.find(request.path_params["id"])
        if body.get("id") != row["id"]:
            raise refusal("invalid_request", "The body's id is not the event's.")
        self._guard(row, body.get("version"))
        mode = self._mode(row, body.get("redit") or request.query_params.get("redit"))
        return self._apply(row, mode, self._fields(body, row))

    def _apply(self, row: Row, mode: str, fields: Row) -> Response:
        target = self._target(row, mode)
        if mode == "future":
            undo = self._remember(target["id"], target)
            self._end_before(target, row)
            return self._answer(self._partner.add("events", **fields), undo)
        undo = self._remember(target["id"], target)
        if mode == "single" and row["series_id"]:
            self._partner.part(row)
            fields = {**fields, "rrule": row["rrule"], "tz": row["tz"]}
        elif mode == "all" and target["id"] != row["id"]:
            fields = {name: value for name, value in fields.items() if name not in ("start_dt", "end_dt")}
        self._partner.change("events", target["id"], **fields)
        return self._answer(target["id"], undo)

    async def _delete(self, request: Request) -> Response:
        self._partner.allow(request, WRITERS)
        query, key = request.query_params, request.path_params["id"]
        row = self._of_remote(query.get("remoteId")) if key == "0" else self._diary.find(key)
        self._guard(row, query.get("version"), required=False)
        mode = self._mode(row, query.get("redit"))
        target = self._target(row, mode)
        undo = self._remember(target["id"], target)
        if mode == "future":
            self._end_before(target, row)
        else:
            if mode == "single" and row["series_id"]:
                self._partner.part(row)
            self._partner.change("events", target["id"], delete_dt=self._partner.stamp())
        return reply({"undo_id": undo})

    def _of_remote(self, remote_id: str | None) -> Row:
        """One-off events only: a series is not found so."""
        if not remote_id:
            raise refusal("event_missing_start_end_datetime", "start_dt and end_dt are required.")
        row = self._diary.with_remote(remote_id)
        if row is None or row["rrule"]:
            raise refusal("event_not_found", f"There is no event with the remote id {remote_id}.")
        return row

    async def _take_back(self, request: Request) -> Response:
        """Once, within the time."""
        self._partner.allow(request, WRITERS)
        expires, key, before = self._undo.pop(request.path_params["undo"], (self._partner.now(), "", None))
        if expires <= self._partner.now():
            raise refusal("undo_not_found", "There is nothing to undo.")
        if before is None:
            self._partner.change("events", key, delete_dt=self._partner.stamp())
            return reply({"event": None})
        kept = {name: value for name, value in before.items() if name not in ("id", "version", "update_dt")}
        if self._partner.table("events").get(key) is None:
            self._partner.part(before)
        self._partner.change("events", key, **kept)
        return self._answer(key, self._remember(key, None))

    # What each of them looks at

    def _fields(self, body: Mapping[str, Any], row: Row | None) -> Row:
        """Raises Refusal for what cannot stand beside what is there."""
        options = self._partner.options
        fields = written(body, self._partner.table("subcalendars"), options.zone)
        own = row["id"] if row else ""
        taken = self._diary.with_remote(fields["remote_id"]) if fields["remote_id"] else None
        if taken is not None and taken["id"] != own and str(taken["series_id"]) not in {own, own.partition("-")[0]}:
            raise refusal("event_not_unique", f"The remote id {fields['remote_id']} is used already.")
        crews = self._partner.table("subcalendars")
        alone_only = {one for one in fields["subcalendar_ids"] if not crews.row(one)["overlap"]}
        if alone_only and self._diary.overlaps({**fields, "id": own}, alone_only):
            raise refusal("event_overlapping", "The sub-calendar does not allow events to overlap.")
        return fields

    def _guard(self, row: Row, version: object, *, required: bool = True) -> None:
        if row["readonly"]:
            raise refusal("no_permission", "The event is read-only.")
        if (required or version is not None) and version != row["version"]:
            raise refusal("event_version_conflict", "The version is not that of the event.")

    def _mode(self, row: Row, asked: object) -> str:
        """How much of a series is meant; it must be said. Raises Refusal."""
        if not is_series(row) and not row["series_id"]:
            return "all"
        if asked not in MODES or (is_series(row) and asked != "all"):
            raise refusal("invalid_request", "redit is missing or invalid: single, future or all.")
        return str(asked)

    def _target(self, row: Row, mode: str) -> Row:
        """The row that is changed: the series, where more than one of it is meant."""
        if mode == "single" or is_series(row) or not row["series_id"]:
            return row
        return self._diary.find(str(row["series_id"]))

    def _end_before(self, series: Row, row: Row) -> None:
        """The series ends with the occurrence before this one."""
        at = moment(row["ristart_dt"], "UTC")
        self._partner.change("events", series["id"], rrule=bounded(series["rrule"], at))

    def _remember(self, key: str, before: Row | None) -> str:
        undo = self._partner.dice.mint("undo")[:16]
        lifetime = timedelta(seconds=self._partner.options.undo_lifetime)
        self._undo[undo] = (self._partner.now() + lifetime, key, dict(before) if before else None)
        return undo

    def _answer(self, key: str, undo: str, status: int = 200) -> Response:
        zone = self._partner.options.zone
        return reply({"event": alone(self._diary.find(key), zone, zone), "undo_id": undo}, status)
