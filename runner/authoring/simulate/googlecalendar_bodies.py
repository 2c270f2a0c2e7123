"""
What Google Calendar makes of an event that somebody sends: what is kept, what is cut, what is refused.

Sources: the discovery document of calendar v3; the guides to creating events, to extended properties and to versions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from starlette.requests import Request

from runner.authoring.simulate.answers import Refusal, json_body
from runner.authoring.simulate.googlecalendar_errors import error, invalid, missing, refusal
from runner.authoring.simulate.googlecalendar_recur import moment, occurrences
from runner.authoring.simulate.table import Row

CONTENT = ("summary", "description", "location", "start", "end", "recurrence", "attendees", "extendedProperties")
SETTINGS = ("transparency", "visibility", "status", "colorId", "reminders", "sequence", "source", "eventType")
GUESTS = ("guestsCanInviteOthers", "guestsCanModify", "guestsCanSeeOtherGuests")
WRITABLE = frozenset((*CONTENT, *SETTINGS, *GUESTS, "conferenceData", "attachments"))
DEFAULTS: Mapping[str, Any] = {"transparency": "opaque", "visibility": "default"}
CHOICES = {
    "status": ("confirmed", "tentative", "cancelled"),
    "transparency": ("opaque", "transparent"),
    "visibility": ("default", "public", "private", "confidential"),
    "eventType": ("default", "birthday", "focusTime", "fromGmail", "outOfOffice", "workingLocation"),
}
SEND_UPDATES = ("all", "externalOnly", "none")
OWN_ID = re.compile(r"[a-v0-9]{5,1024}")
LONGEST_NAME, LONGEST_VALUE, MOST_PROPERTIES = 44, 1024, 300
MOST_ATTACHMENTS = 25


async def event_of(request: Request) -> Row:
    """The members of the body that can be written. Raises Refusal."""
    body = await json_body(request)
    if not isinstance(body, dict):
        raise refusal(400, "parseError", "Parse Error")
    if request.query_params.get("sendUpdates", "none") not in SEND_UPDATES:
        raise invalid("sendUpdates")
    kept = {name: value for name, value in body.items() if name in WRITABLE}
    if request.query_params.get("conferenceDataVersion", "0") != "1":
        kept.pop("conferenceData", None)
    if request.query_params.get("supportsAttachments") != "true":
        kept.pop("attachments", None)
    return {**kept, **({"id": body["id"]} if body.get("id") is not None else {})}


def demand_match(request: Request, row: Row) -> None:
    """`If-Match` must be the etag, quotes and all. Raises Refusal."""
    wanted = request.headers.get("if-match")
    if wanted not in {None, "*", row["etag"]}:
        message = "Precondition Failed"
        raise Refusal(error(412, "conditionNotMet", message, location="If-Match", kind="header"))


def merged(row: Row, change: Row) -> Row:
    """A patch: nested objects are merged, arrays replaced, nulls take away."""
    made = dict(row)
    for name, value in change.items():
        if value is None:
            made.pop(name, None)
        elif isinstance(value, dict) and isinstance(made.get(name), dict):
            made[name] = merged(made[name], value)
        else:
            made[name] = value
    return made


def judged(row: Row, zone: str) -> Row:
    """The event as it is kept: defaults left out, too much cut. Raises Refusal for what cannot be."""
    for name, choices in CHOICES.items():
        if name in row and row[name] not in choices:
            raise invalid(name)
    for edge in ("start", "end"):
        _judge_edge(row, edge)
    if ("date" in row["start"]) != ("date" in row["end"]):
        raise invalid("end", "Start and end times must either both be date or both be dateTime.")
    _judge_series(row, zone)
    if moment(row["end"], zone) < moment(row["start"], zone):
        message = "The specified time range is empty."
        raise refusal(400, "timeRangeEmpty", message, domain="calendar", location="timeMax")
    if len(row.get("attachments", [])) > MOST_ATTACHMENTS:
        raise invalid("attachments")
    if any(not isinstance(one, dict) or "@" not in str(one.get("email")) for one in row.get("attendees", [])):
        raise invalid("attendee.email", "Invalid attendee email.")
    kept = {name: value for name, value in row.items() if name not in DEFAULTS or value != DEFAULTS[name]}
    return {**kept, **_cut(kept)}


def _judge_edge(row: Row, edge: str) -> None:
    value = row.get(edge)
    if not isinstance(value, dict) or not {"date", "dateTime"} & value.keys():
        raise missing(edge)
    try:
        if "date" in value:
            date.fromisoformat(value["date"])
        else:
            made = datetime.fromisoformat(value["dateTime"])
    except (ValueError, TypeError):
        raise invalid(edge, f"Invalid {edge} time.") from None
    if {"date", "dateTime"} <= value.keys():
        raise invalid(edge, f"Invalid {edge} time.")
    if "dateTime" in value and made.tzinfo is None and "timeZone" not in value:
        raise refusal(400, "required", f"Missing time zone definition for {edge} time.", location=edge)


def _judge_series(row: Row, zone: str) -> None:
    if "recurrence" not in row:
        return
    if "dateTime" in row["start"] and "timeZone" not in row["start"]:
        raise refusal(400, "required", "Missing time zone definition for start time.", location="start")
    try:
        next(occurrences({"id": "", **row}, zone, moment(row["end"], zone)), None)
    except (ValueError, TypeError, AttributeError):
        raise invalid("recurrence", "Invalid recurrence rule.") from None


def _cut(row: Row) -> Row:
    """Properties with a name that is too long are dropped and long values cut, without a word."""
    if "extendedProperties" not in row:
        return {}
    sides = {
        side: {
            name: str(value)[:LONGEST_VALUE]
            for name, value in list(values.items())[:MOST_PROPERTIES]
            if len(name) <= LONGEST_NAME
        }
        for side, values in row["extendedProperties"].items()
        if side in {"private", "shared"} and isinstance(values, dict)
    }
    return {"extendedProperties": sides}


def own_id(body: Row) -> str | None:
    """The id that the client chose: base32hex in lower case. Raises Refusal."""
    key = body.get("id")
    if key is not None and not (isinstance(key, str) and OWN_ID.fullmatch(key)):
        raise invalid("id", "Invalid resource id value.")
    return key
