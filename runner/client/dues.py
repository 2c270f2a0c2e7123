"""What a process still has to tell the ledger of limits: it goes with the next trade, or after the ledger's slack."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress

from runner.client.ledger import Ledger, State
from runner.components.ratelimits import held
from runner.errors import StoreError
from runner.store.queue import is_dead

Due = Callable[[State], None]


class Dues:
    """Changes to states, by key, in order."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._owed: dict[str, list[Due]] = defaultdict(list)
        self._telling: asyncio.Task[None] | None = None

    def owe(self, key: str, due: Due) -> None:
        """One more change to the state of `key`."""
        self._owed[key].append(due)

    @property
    def keys(self) -> list[str]:
        """The states that something is owed to."""
        return sorted(self._owed)

    def pay(self, keys: Sequence[str]) -> Callable[[dict[str, State]], dict[str, State]]:
        """What is owed to these keys, as a change to their states. It is not owed any more."""
        owed = {key: self._owed.pop(key) for key in keys if key in self._owed}

        def change(states: dict[str, State]) -> dict[str, State]:
            for key, dues in owed.items():
                for due in dues:
                    due(states[key])
            for state in states.values():
                for holder in filter(is_dead, list(state.get("held", ()))):
                    held.forget(state, holder)
            return states

        return change

    async def tell(self) -> None:
        """Tell the ledger now. What it cannot take in is lost: what was held lapses, what was learned is learned anew."""
        keys = self.keys
        if keys:
            with suppress(StoreError):
                await self._ledger.trade(keys, self.pay(keys))

    def tell_soon(self, before: Callable[[], None], *, at_once: bool = False) -> None:
        """Tell it after its slack, or at once, `before` that."""
        if not self._ledger.slack:
            return
        if at_once and self._telling is not None:
            self._telling.cancel()
        if at_once or self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._later(before, 0.0 if at_once else self._ledger.slack))

    async def _later(self, before: Callable[[], None], pause: float) -> None:
        await asyncio.sleep(pause)
        before()
        self._telling = None
        await self.tell()
