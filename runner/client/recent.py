"""Credentials that were read a moment ago, so that not every call opens the vault."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.model.credential import Credential
from runner.store.vault import Tide

SEEN = timedelta(seconds=1)
"""How long a credential is handed out again without a look into the vault: so long may one that another process has
taken back still be used. What this process writes counts at once."""
MOST = 10_000


@dataclass(frozen=True)
class Seen:
    """A credential, when it was read, and how the vault's tide stood before."""

    credential: Credential
    tide: int
    at: datetime


class Recent:
    """What was seen of one vault, by integration."""

    def __init__(self, tide: Tide) -> None:
        self._tide = tide
        self._seen: dict[str, Seen] = {}

    @property
    def tide(self) -> int:
        """How it stands now: to be asked before a credential is read that is then kept."""
        return self._tide.count

    def get(self, integration_id: str, now: datetime) -> Credential | None:
        """What was seen within the last second, unless this process has written to the vault since."""
        seen = self._seen.get(integration_id)
        if seen is None or seen.tide != self._tide.count or not timedelta(0) <= now - seen.at < SEEN:
            return None
        return seen.credential

    def keep(self, integration_id: str, credential: Credential, tide: int, at: datetime) -> None:
        """Remember what was read; `tide` and `at` are of before the reading."""
        if len(self._seen) >= MOST:
            self._seen.clear()
        self._seen[integration_id] = Seen(credential, tide, at)
