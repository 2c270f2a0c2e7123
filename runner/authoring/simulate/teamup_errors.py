"""
How Teamup says no: `{"error": {"id", "title", "message"}}`.

Sources: apidocs.teamup.com; GitHub Djones4822/pyTeamUp (pyteamup/utils, the list of statuses). The ids of a stale
version, of a call that a link may not make, of a flawed window, of too many calls and of faults of the server are this
simulation's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from runner.authoring.simulate.answers import Refusal, reply

KNOWN: Mapping[str, tuple[int, str]] = {
    "invalid_api_key": (403, "Invalid API key"),
    "auth_required": (401, "Authentication required"),
    "access_denied": (403, "Access denied"),
    "no_permission": (403, "No permission"),
    "calendar_not_found": (404, "Calendar not found"),
    "event_not_found": (404, "Event not found"),
    "subcalendar_not_found": (404, "Sub-calendar not found"),
    "not_found": (404, "Not found"),
    "undo_not_found": (404, "Nothing to undo"),
    "method_not_allowed": (405, "Method not allowed"),
    "not_acceptable": (406, "Not acceptable"),
    "unsupported_media_type": (415, "Unsupported media type"),
    "event_overlapping": (400, "Event overlapping"),
    "event_not_unique": (400, "Remote ID conflict"),
    "event_missing_start_end_datetime": (400, "Missing start or end date"),
    "event_validation": (400, "Invalid event"),
    "event_version_conflict": (400, "The event was changed meanwhile"),
    "invalid_request": (400, "Invalid request"),
    "too_many_requests": (429, "Too many requests"),
    "server_error": (500, "Server error"),
    "maintenance": (503, "Maintenance"),
}


def error(key: str, message: str = "", headers: Mapping[str, str] | None = None) -> Response:
    status, title = KNOWN[key]
    return reply({"error": {"id": key, "title": title, "message": message or f"{title}."}}, status, headers)


def refusal(key: str, message: str = "") -> Refusal:
    return Refusal(error(key, message))


def by_status(status: int, message: str = "") -> Response:
    """The error of a status that somebody asked for."""
    key = {400: "invalid_request", 401: "auth_required", 404: "not_found"}.get(status)
    key = key or next((name for name, (known, _) in KNOWN.items() if known == status), None)
    if key is not None:
        return error(key, message)
    return reply({"error": {"id": "error", "title": "Error", "message": message or "Something went wrong."}}, status)
