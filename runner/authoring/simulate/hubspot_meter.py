"""
HubSpot's limits: how many calls an app and a private app have left, and what headers say of it.

Source: developers.hubspot.com usage-guidelines. The daily limit is that of private apps alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from runner.authoring.simulate.hubspot_options import HubSpotOptions
from runner.authoring.simulate.limits import Gate, Window

DAY = 86_400.0
HEAD = "X-HubSpot-RateLimit"


class Meter:
    """The calls of one account."""

    def __init__(self, options: HubSpotOptions, now: Callable[[], datetime]) -> None:
        self._options = options
        self._app, self._private = Gate(now, options.limits), Gate(now, options.private_limits)
        self._searches, self._daily = Gate(now, options.search_limits), Gate(now, (Window(options.daily, DAY),))

    def over(self, *, search: bool, private: bool) -> str | None:
        """The policy that this call breaks, None where it is let in."""
        gates = [("TEN_SECONDLY_ROLLING", self._private if private else self._app)]
        if search:
            gates.insert(0, ("SECONDLY", self._searches))
        if private:
            gates.append(("DAILY", self._daily))
        return next((policy for policy, gate in gates if gate.wait()), None)

    def left(self, *, private: bool) -> dict[str, str]:
        """The headers of an answer; those of the day come to private apps only."""
        gate, windows = (self._private, self._options.private_limits) if private else (self._app, self._options.limits)
        if not windows:
            return {}
        said = {
            f"{HEAD}-Max": str(windows[0].requests),
            f"{HEAD}-Remaining": str(gate.left()),
            f"{HEAD}-Interval-Milliseconds": str(int(windows[0].seconds * 1000)),
        }
        daily = {f"{HEAD}-Daily": str(self._options.daily), f"{HEAD}-Daily-Remaining": str(self._daily.left())}
        return {**said, **daily} if private else said
