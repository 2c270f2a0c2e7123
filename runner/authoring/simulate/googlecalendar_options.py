"""What one chooses about the simulated Google Calendar."""

from __future__ import annotations

from dataclasses import dataclass

from runner.authoring.simulate.limits import Window

AUTH = "https://www.googleapis.com/auth/"
OFFERED = tuple(
    AUTH + name
    for name in (
        "calendar",
        "calendar.readonly",
        "calendar.events",
        "calendar.events.readonly",
        "calendar.events.owned",
        "calendar.calendarlist",
        "calendar.calendarlist.readonly",
        "calendar.freebusy",
        "calendar.settings.readonly",
    )
)

# any one of which opens a call
READ = ("calendar", "calendar.readonly", "calendar.events", "calendar.events.readonly")
WRITE = ("calendar", "calendar.events", "calendar.events.owned")
LIST = ("calendar", "calendar.readonly", "calendar.calendarlist", "calendar.calendarlist.readonly")
BUSY = ("calendar", "calendar.readonly", "calendar.freebusy", "calendar.events.freebusy")
SETTINGS = ("calendar", "calendar.readonly", "calendar.settings.readonly")


@dataclass(frozen=True)
class GoogleCalendarOptions:
    """
    The project in the Cloud console, the account that consents, and what the documents leave open.

    Args:
        scopes: those of the project's consent screen.
        refresh_lifetime: seconds; None for a published app, 604,800 for one in `Testing`.
        most_refresh_tokens: live ones of one account and client; one more silently drops the oldest.
        project_limits, user_limits: documented for projects of May 2026 and later.
        limited_status: 403 or 429; both are documented for the same reasons.
        sync_lifetime: seconds that a sync token lives; the partner names none.
        reach: seconds that `updatedMin` goes back; about a month in practice, not documented.
        tombstones: seconds for which a deleted event is still there as cancelled; not documented.
        horizon: days into the future that a series without an end is expanded.
        channel_lifetime: seconds of a channel whose maker asks for none, and the most that anybody gets.
        retries: seconds before each repeat of a notification ("exponential backoff").
        gap: the message numbers of a channel rise by 1 to so many.
    """

    client_id: str = "google-app.apps.googleusercontent.com"
    client_secret: str = "google-secret"  # noqa: S105 - made up, opens only this simulator
    account: str = "ops@example.com"
    account_name: str = "Operations"
    zone: str = "Europe/London"
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = OFFERED
    code_lifetime: float = 600.0
    token_lifetime: float = 3599.0
    refresh_lifetime: float | None = None
    most_refresh_tokens: int = 100
    project_limits: tuple[Window, ...] = (Window(10_000, 60.0),)
    user_limits: tuple[Window, ...] = (Window(600, 60.0),)
    limited_status: int = 403
    sync_lifetime: float = 28 * 86_400.0
    reach: float = 28 * 86_400.0
    tombstones: float = 30 * 86_400.0
    horizon: int = 730
    channel_lifetime: float = 604_800.0
    retries: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)
    answer_within: float = 30.0
    gap: int = 3
