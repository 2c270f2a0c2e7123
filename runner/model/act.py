"""An action that somebody asked for by hand: the host or an operator, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ActState(StrEnum):
    """`sent`: under way, or broken off by a crash; `done`; `refused` by the partner; `unknown`: perhaps done."""

    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Act:
    """One action by the key of whoever asked. `fingerprint` is of the input; `result` is what was kept of the answer;
    `made_id` is its `id`; `note` says why it was refused or is not known, `words` are the partner's own, of an answer
    of `status`; `process` is the one that began it."""

    integration_id: str
    key: str
    action: str
    input: dict[str, Any] = field(repr=False)
    fingerprint: str
    at: datetime
    state: ActState = ActState.SENT
    result: dict[str, Any] | None = field(default=None, repr=False)
    made_id: str | None = None
    note: str | None = None
    words: str = ""
    status: int | None = None
    process: str | None = None
