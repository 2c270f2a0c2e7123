"""When a sync runs: every so often, or at the hours of a cron line; never all integrations at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field as Declared
from pydantic import field_validator, model_validator

from runner.components.block import Block, Period, refusal

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_SPREAD = timedelta(minutes=30)
_BACK = tuple(timedelta(days=days) for days in (0.05, 1, 8, 32, 367, 1500))


class Schedule(Block):
    """When a sync runs: `every` so often, or by a `cron` line in a time zone.

        schedules:
          servicetitan:
            jobs: {every: 5m}
            technicians: {cron: "0 3 * * *", timezone: America/Denver}

    Each integration has moments of its own, so that they do not all call at once: with `every` anywhere within it, with
    `cron` up to a tenth of the time to the next moment later, at most half an hour.
    """

    every: Period | None = Declared(None, description="How often.", examples=["15m"])
    cron: str | None = Declared(
        None, description="Minute, hour, day of the month, month, day of the week.", examples=["0 3 * * *"]
    )
    timezone: str = Declared("UTC", description="The time zone of `cron`.", examples=["America/Denver"])

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise refusal(f"`{name}` is no time zone", "write a name like America/Denver") from None
        return name

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, line: str | None) -> str | None:
        try:
            if line is not None:
                _trigger(line, "UTC")
        except ValueError:
            remedy = "write minute, hour, day of the month, month and day of the week: 0 3 * * *"
            raise refusal(f"`{line}` is not a cron line", remedy) from None
        if line is not None and _next(line, "UTC", EPOCH) is None:
            raise refusal(f"`{line}` is never", "name a day that there is")
        return line

    @model_validator(mode="after")
    def _is_one(self) -> Schedule:
        if (self.every is None) == (self.cron is None):
            raise refusal("a schedule has one of `every` and `cron`", "keep one of them")
        return self

    @property
    def gap(self) -> timedelta:
        """How far two moments are apart; of cron lines, two of this time of the year 2026."""
        if self.every is not None:
            return self.every
        return _gap(self.cron or "", self.timezone)

    def last(self, now: datetime, number: int) -> datetime:
        """The latest moment, up to `now`, of the integration whose number this is."""
        if self.every is not None:
            anchor = EPOCH + timedelta(seconds=number % max(1, int(self.every.total_seconds())))
            return anchor + (now - anchor) // self.every * self.every
        offset = self._offset(number)
        return _last(self.cron or "", self.timezone, _minute(now - offset)) + offset

    def next(self, now: datetime, number: int) -> datetime:
        """The first moment after `now`."""
        if self.every is not None:
            return self.last(now, number) + self.every
        offset = self._offset(number)
        found = _next(self.cron or "", self.timezone, now - offset + timedelta(microseconds=1))
        return (found or _FAR) + offset

    def _offset(self, number: int) -> timedelta:
        most = min(self.gap / 10, MOST_SPREAD)
        return timedelta(seconds=number % max(1, int(most.total_seconds())))


_FAR = datetime(9000, 1, 1, tzinfo=UTC)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


@lru_cache(maxsize=1000)
def _trigger(line: str, timezone: str) -> CronTrigger:
    from apscheduler.triggers.cron import CronTrigger  # heavy, and few syncs have a cron line

    return CronTrigger.from_crontab(line, ZoneInfo(timezone))


@lru_cache(maxsize=10_000)
def _last(line: str, timezone: str, now: datetime) -> datetime:
    for back in _BACK:
        found = _next(line, timezone, now - back)
        if found is None or found > now:
            continue
        while (later := _next(line, timezone, found + timedelta(seconds=1))) is not None and later <= now:
            found = later
        return found
    return EPOCH


@lru_cache(maxsize=10_000)
def _next(line: str, timezone: str, after: datetime) -> datetime | None:
    found = _trigger(line, timezone).get_next_fire_time(None, after)
    return found.astimezone(UTC) if found is not None else None


@lru_cache(maxsize=1000)
def _gap(line: str, timezone: str) -> timedelta:
    first = _next(line, timezone, datetime(2026, 1, 1, tzinfo=UTC))
    second = _next(line, timezone, first + timedelta(seconds=1)) if first is not None else None
    return second - first if first is not None and second is not None else timedelta(days=366)
