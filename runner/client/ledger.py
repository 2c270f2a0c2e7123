"""Where the states of limits are kept, and the one that is kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

State = dict[str, Any]
T = TypeVar("T")


class Ledger(Protocol):
    """The states of limits by key. A trade is one transaction: what `work` changes in them is stored, or nothing is.

    `slack` is how many seconds whoever trades may keep to himself what he was granted and has to tell; 0.0 where a
    trade costs nothing.
    """

    slack: float

    async def trade(self, keys: Sequence[str], work: Callable[[dict[str, State]], T]) -> T:
        """What `work` makes of the states of `keys`; one that is new is empty."""


class MemoryLedger:
    """For one process alone: a trial, a test."""

    slack = 0.0

    def __init__(self) -> None:
        self._states: dict[str, State] = {}

    async def trade(self, keys: Sequence[str], work: Callable[[dict[str, State]], T]) -> T:
        """What `work` makes of the states."""
        return work({key: self._states.setdefault(key, {}) for key in keys})
