"""What tests of connectors' actions share: an action that is asked for as the host asks, and answers that get lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.engine.actions.once import Done, once
from runner.model.act import Act
from runner.model.integration import Integration
from runner.store import acts
from tests.partners import World


@dataclass(frozen=True)
class Desk:
    """Where the host asks: one integration of the world."""

    here: World
    integration: Integration

    async def ask(self, name: str, given: dict[str, Any] | None = None, key: str | None = None) -> Done:
        """Do one action by the real verb."""
        return await once(self.here.house, self.integration, name, given or {}, key)

    async def result(self, action: str, /, **given: Any) -> dict[str, Any]:
        """What is kept of the answer."""
        return (await self.ask(action, given)).result

    async def past(self) -> list[Act]:
        """What was asked for, the latest first."""
        return await self.here.read(lambda c: acts.find(c, self.integration.id))
