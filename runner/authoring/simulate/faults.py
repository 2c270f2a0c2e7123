"""Calls that were told to fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import httpx

Failure = int | Literal["timeout", "lost"]


@dataclass
class Fault:
    """The next `left` calls whose label contains `on` fail so."""

    left: int
    failure: Failure
    on: str


class Faults:
    """What is still to fail, in the order in which it was told."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, calls: int, failure: Failure, on: str) -> None:
        if not isinstance(failure, int) and failure not in {"timeout", "lost"}:
            msg = f"a call fails with a status, `timeout` or `lost`, not {failure!r}"
            raise ValueError(msg)
        self._faults.append(Fault(calls, failure, on))

    def take(self, label: str, api: bool) -> Failure | None:
        """How this call fails. A fault that names no label is for calls of the API only."""
        self._faults = [fault for fault in self._faults if fault.left > 0]
        for fault in self._faults:
            if fault.on in label if fault.on else api:
                fault.left -= 1
                return fault.failure
        return None


async def hang_up() -> None:
    """The default stall: to a client that calls the app in process, no answer comes in time."""
    msg = "the simulated partner was told not to answer"
    raise httpx.ReadTimeout(msg)
