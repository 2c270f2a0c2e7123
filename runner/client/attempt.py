"""One try of a call, as told to whoever counts, logs or traces it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runner.model.integration import Integration


@dataclass(frozen=True)
class Attempt:
    """What was asked, what came, what it cost. `endpoint` is the name of the endpoint or action in its connector; `url`
    has no secrets (see `runner.client.address`); `number` counts the tries of one call from 1; `status` is None where
    no answer came; `limited` says that the partner wants us to be slower; `seconds` is how long the partner took,
    `waited` how long we paused before; `size` is that of the body in bytes, decompressed."""

    integration: Integration
    endpoint: str
    method: str
    url: str
    number: int = 1
    status: int | None = None
    limited: bool = False
    seconds: float = 0.0
    waited: float = 0.0
    size: int = 0

    @property
    def outcome(self) -> str:
        """The status; `none` where no answer came."""
        return "none" if self.status is None else str(self.status)


OnAttempt = Callable[[Attempt], None]
