"""Carries out a plan, each attack at its time, and counts what was done."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.cast import LEDGER
from tests.chaos.plan import Attack, What
from tests.chaos.stage import Stage

FEW = 3
"""Posts that the ledger refuses in a row: after five of them it would be left alone for most of the time."""


@dataclass
class Attacker:
    """`done` counts attacks by what and whom."""

    stage: Stage
    done: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def carry_out(self, attacks: Sequence[Attack]) -> None:
        """All of them, side by side where they last; then everything is as it was, but for what was done."""
        async with asyncio.TaskGroup() as group:
            for attack in attacks:
                group.create_task(self._strike(attack), name=str(attack))
        self.stage.set_clocks()
        for partner in self.stage.cast.partners.values():
            partner.mend()
        self.stage.cast.ledger.mend()

    async def _strike(self, attack: Attack) -> None:
        await asyncio.sleep(attack.at)
        self.done[attack.what, attack.whom] += 1
        ways: dict[What, Callable[[str, float], Awaitable[None]]] = {
            "kill": lambda whom, pause: self.stage.actors[whom].end(signal.SIGKILL, pause),
            "stop": lambda whom, pause: self.stage.actors[whom].end(signal.SIGTERM, pause),
            "freeze": lambda whom, seconds: self.stage.actors[whom].freeze(seconds),
            "jump": self._jump,
            "crash": lambda whom, pause: self.stage.base.crash(pause),
            "cut_database": lambda whom, pause: self._database_wire.cut(pause),
            "hold_database": lambda whom, pause: self._database_wire.hold(pause),
            "cut": lambda whom, pause: self.stage.cast.wires[whom].cut(pause),
        }
        way = ways.get(attack.what)
        if way is None:
            self._disturb(attack)
        else:
            await way(attack.whom, attack.amount)

    @property
    def _database_wire(self) -> Any:
        return self.stage.base.wire

    async def _jump(self, whom: str, seconds: float) -> None:
        self.stage.actors[whom].dial.turn(seconds)

    def _disturb(self, attack: Attack) -> None:
        """The next calls of a partner fail; those of its token endpoint too, as any."""
        calls = round(attack.amount)
        if attack.whom == LEDGER:
            fault = attack.what if attack.what in ("limit", "lose") else "fail"
            self.stage.cast.ledger.stumble(fault, min(calls, FEW))
            return
        failure: Any = {"fail": 500, "limit": 429, "silence": "timeout", "lose": "lost"}[attack.what]
        self.stage.cast.partners[attack.whom].fail_next(calls, failure)
