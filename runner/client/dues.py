"""What a process still has to tell the ledger of limits: it goes with the next trade, or after the ledger's slack."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress

from runner.client import line
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
        self._timer: asyncio.TimerHandle | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._is_closed = False

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
                for holder in filter(is_dead, {*state.get("held", ()), *map(line.holder_of, state.get("line", ()))}):
                    held.forget(state, holder)
                    line.forget(state, holder)
            return states

        return change

    async def tell(self) -> None:
        """Tell the ledger now. What it cannot take in is lost: what was held lapses, what was learned comes again."""
        keys = self.keys
        if keys:
            with suppress(StoreError):
                await self._ledger.trade(keys, self.pay(keys))

    def tell_soon(self, before: Callable[[], None], *, at_once: bool = False) -> None:
        """Tell it after its slack, or at once, `before` that."""
        if not self._ledger.slack or self._is_closed:
            return
        if at_once and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            pause = 0.0 if at_once else self._ledger.slack
            self._timer = asyncio.get_running_loop().call_later(pause, self._begin, before)

    async def close(self) -> None:
        """Tell all that is owed, and nothing after that."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._telling)
        await self.tell()

    def _begin(self, before: Callable[[], None]) -> None:
        self._timer = None
        before()
        telling = asyncio.create_task(self.tell())
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
