"""What a failed call means for the work at hand: later, never, or not before a person has acted."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from runner.engine.house import House
from runner.errors import (
    AuthenticationError,
    CredentialUnreadable,
    NotFound,
    PartnerUnavailable,
    RateLimited,
    RunnerError,
    SettingsError,
)
from runner.model.integration import Integration, Reason, State
from runner.store import integrations

FIRST = timedelta(seconds=5)
MOST = timedelta(minutes=15)
DOWN = timedelta(minutes=1)
UNTIL_MENDED = timedelta(hours=1)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 5 s, doubled each time, at most 15 minutes."""
    return min(FIRST * float(2 ** min(attempts, 20)), MOST)


def is_passing(error: Exception) -> bool:
    """Whether the work itself is sound, and the way to the partner is what fails: no attempt is spent on that."""
    return isinstance(
        error, AuthenticationError | CredentialUnreadable | PartnerUnavailable | RateLimited | SettingsError
    )


def until(error: Exception, attempts: int, now: datetime) -> datetime:
    """When to try again."""
    if isinstance(error, RateLimited):
        return now + timedelta(seconds=max(error.wait, 1.0))
    if isinstance(error, PartnerUnavailable | CredentialUnreadable):
        return now + max(DOWN, backoff(attempts))
    if is_passing(error):
        return now + UNTIL_MENDED
    return now + backoff(attempts)


def words(error: Exception) -> str:
    """An error for a note: our own in full; of others only the kind, since their text may hold anything."""
    if isinstance(error, RunnerError):
        return str(error)[:500]
    return f"an unexpected {type(error).__name__} (this is a bug of the runner: its log has the trace)"


async def refuse(house: House, integration: Integration, error: Exception) -> None:
    """Put the integration into `error`, with what to do, when its company must act; other errors change nothing.

    A credential that no key opens is the operator's to mend: the work waits, and goes on by itself.
    """
    if not isinstance(error, AuthenticationError):
        return
    title = house.connectors.get(integration.connector).title
    reason = Reason(error.code, str(error), f"Connect {title} again")

    def work(connection: Connection) -> None:
        try:
            state = integrations.get(connection, integration.id).state
        except NotFound:
            return
        if state is State.ACTIVE:
            house.store.move(connection, integration.id, State.ERROR, reason, house.clock.now())

    await house.store.database.write(work)
    if integration.state is not State.ERROR:
        house.log.error("integration-in-error", integration=integration.id, code=reason.code, message=reason.message)
