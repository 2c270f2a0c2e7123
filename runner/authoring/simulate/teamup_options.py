"""What one chooses about the simulated Teamup calendar."""

from __future__ import annotations

from dataclasses import dataclass

from runner.authoring.simulate.limits import Window


@dataclass(frozen=True)
class TeamUpOptions:
    """
    The application, the calendar and the links that were shared of it.

    Args:
        app_key: of the application, in the header `Teamup-Token`.
        calendar_key: the link that may modify, the first of table `links`; the others may do more or less.
        calendar: the id that webhooks call the calendar by; opens it only beside a user's own token.
        password: of the link that may modify; empty: none.
        email, email_password: of the user who may ask for a token.
        zone: of the calendar.
        webhook_secret: shown in the web interface when the webhook was made there.
        comments_in_delta: does a comment alone bring an event into the delta? The partner promises nothing.
        overlapping: is a one-off event found that begins before the window and ends in it? Not documented.
        limits: of each calendar; none is published. retry_after: does a 429 say how long to wait?
        retries, answer_within: seconds, of webhooks (unverified).
        reach: seconds that the delta looks back. undo_lifetime: seconds.
    """

    app_key: str = "teamup-app-key"
    calendar_key: str = "ksexample0modify01"
    add_key: str = "ksexample0addonly1"
    read_key: str = "ksexample0readonly"
    admin_key: str = "ksexample0admin001"
    calendar: str = "abc123"
    title: str = "Operations"
    password: str = ""
    email: str = "admin@example.com"
    email_password: str = "teamup-user-password"  # noqa: S105 - made up, opens only this simulator
    zone: str = "Europe/London"
    webhook_secret: str = "teamup-webhook-secret"  # noqa: S105 - made up, signs only this simulator's notices
    comments_in_delta: bool = False
    overlapping: bool = True
    limits: tuple[Window, ...] = ()
    retry_after: bool = False
    retries: tuple[float, ...] = (60.0, 600.0, 3600.0)
    answer_within: float = 10.0
    reach: float = 30 * 86_400.0
    undo_lifetime: float = 3600.0
