"""One thing that `runner doctor` looked into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runner.errors import RunnerError


@dataclass(frozen=True)
class Check:
    """What was looked into, whether it is as it should be, and what was found: with the remedy, where it is not."""

    what: str
    fine: bool
    told: str


def tried(what: str, look: Callable[[], str]) -> Check:
    """What `look` says, or why it cannot."""
    try:
        return Check(what, True, look())
    except RunnerError as error:
        return Check(what, False, str(error))
