"""When a schedule rests: somebody paused it, or the sync failed again and again."""

from __future__ import annotations

from datetime import datetime, timedelta

from runner.store.standings import Standing

LONGEST = timedelta(hours=24)
"""A sync that fails is tried at least this often, or as often as its schedule says, if that is less."""


def rests(standing: Standing, gap: timedelta, now: datetime) -> bool:
    """Whether the schedule lets this moment pass.

    After the second failure in a row every second moment passes, after the third three of four, and so on. Whatever
    else wakes the sync (a person, a webhook) runs it all the same, and a run that is done ends the rest.
    """
    if standing.is_paused:
        return True
    if standing.started_at is None or standing.failures <= 1:
        return False
    wait = min(gap * float(2 ** min(standing.failures - 1, 20)), max(LONGEST, gap))
    return now < standing.started_at + wait - gap / 2
