"""When a delivery was signed, and whether that is long ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from runner.components.block import Block, Duration
from runner.errors import BadSignature, StaleDelivery
from runner.model.event import Delivery

MOST_DIGITS = 16


class Timestamp(Block):
    """When the partner signed, so that an old delivery cannot be sent again by someone else.

    timestamp: {header: Api-Timestamp, unit: s, tolerance: 5m}

    Where the time stands in one header with the signature, as in `t=1700000000,v1=77b8...`, `prefix` tells it apart.
    """

    header: str = Field(description="The header that holds the time.", examples=["Api-Timestamp"])
    unit: Literal["s", "ms"] = Field("s", description="Unix seconds or milliseconds.")
    tolerance: Duration = Field(
        "5m", validate_default=True, description="How far from now it may lie, before or after.", examples=["5m"]
    )
    prefix: str = Field("", description="What stands before the time, where the header holds more.", examples=["t="])
    separator: str = Field(",", min_length=1, description="What stands between the parts of such a header.")

    def text(self, delivery: Delivery) -> str | None:
        """The time as it came; None when it is not there."""
        value = delivery.headers.get(self.header.lower())
        if value is None or not self.prefix:
            return value
        found = [part.strip() for part in value.split(self.separator)]
        return next((part[len(self.prefix) :] for part in found if part.startswith(self.prefix)), None)

    def written(self, at: datetime) -> str:
        """The header's value, as it is without a signature beside it."""
        seconds = at.timestamp()
        return f"{self.prefix}{int(seconds * 1000 if self.unit == 'ms' else seconds)}"

    def check(self, delivery: Delivery, now: datetime) -> None:
        """Raises BadSignature for what is no time, StaleDelivery for one too far from now."""
        text = self.text(delivery) or ""
        if not is_time(text):
            raise BadSignature(f"the header {self.header} does not hold a time in unix {self.unit}")
        check_age(int(text) / (1000 if self.unit == "ms" else 1), now, self.tolerance)


def is_time(text: str) -> bool:
    """Whether a text is a whole unix time: digits and nothing else."""
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def check_age(signed: float, now: datetime, tolerance: timedelta) -> None:
    """StaleDelivery when the unix time `signed` (seconds) lies further from now than is tolerated."""
    age = abs(now.timestamp() - signed)
    if age > tolerance.total_seconds():
        raise StaleDelivery(
            f"signed {age:.0f} s from now (the tolerance is {tolerance.total_seconds():.0f} s; "
            "check this machine's clock)"
        )
