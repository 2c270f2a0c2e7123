"""A page is kept: its records, where the next one begins, and what the run counts, all in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from runner.connector.sync import Sync
from runner.engine.house import House
from runner.engine.records.admit import admit
from runner.engine.records.batch import Batch
from runner.engine.syncs.missing import Roll
from runner.engine.syncs.start import Start
from runner.engine.syncs.walk import Page
from runner.errors import AuthenticationError, UnexpectedResponse
from runner.model.integration import Integration, State
from runner.model.run import Checkpoint, Counts, RunState
from runner.store import checkpoints, integrations, runs
from runner.store.columns import utc_text

_SHUT = {
    State.PENDING: "connect it first: `runner connect`",
    State.DISABLED: "switch it on first: `runner integrations --enable`",
}


def require_open(integration_id: str, state: State) -> None:
    """AuthenticationError where an integration is not connected, or switched off."""
    if state in _SHUT:
        raise AuthenticationError(f"integration {integration_id} is {state} ({_SHUT[state]})")


@dataclass(frozen=True)
class Pass:
    """What stays the same while a run goes on: whose sync it is, what it began with, and the roll of those it meets."""

    house: House
    integration: Integration
    sync: Sync
    name: str
    start: Start
    run_id: str
    roll: Roll | None

    def reached(self, newest: str | None, batch: Batch, page: Page) -> str | None:
        """How far the walk has come with a page: what the partner told last, or the newest cursor."""
        if self.sync.incremental is not None and self.sync.incremental.is_told:
            told = page.told or newest
            if told is None and page.next is None:
                raise UnexpectedResponse(f"sync `{self.name}`: no page had a token, so nobody can tell what is new")
            return told
        return max((cursor for cursor in (newest, batch.newest) if cursor), default=None)

    def keep(self, connection: Connection, batch: Batch, page: Page, newest: str | None, told: Counts) -> Counts:
        """Store a page, and close the run with the last; returns `told` and what became of the page. The commit's time
        is not in it."""
        at = self.house.clock.now()
        # somebody may have switched it off meanwhile
        require_open(self.integration.id, integrations.state(connection, self.integration.id))
        counts = told + admit(connection, self.house, self.integration, batch, at)
        counts += Counts(store_seconds=max(0.0, (self.house.clock.now() - at).total_seconds()))
        if page.next is not None:
            self._go_on(connection, page.next, newest)
            runs.save_counts(connection, self.run_id, counts)
            return counts
        kept = checkpoints.get(connection, self.integration.id, self.name)
        note = self._note(connection, page, counts, at)
        counts += Counts(deleted=self.roll.struck if self.roll else 0)
        runs.end(connection, self.run_id, RunState.DONE, at, counts, note)
        checkpoints.save(connection, self.integration.id, self.name, self._finished(kept, newest))
        return counts

    def _go_on(self, connection: Connection, after: dict[str, Any], newest: str | None) -> None:
        """Save the place of the next page. A walk beside a full pass leaves the place of that alone."""
        if self.start.beside:
            return
        at_once = self.sync.incremental is not None and self.sync.incremental.is_saved_at_once
        progress, value = self.start.progress(after, newest), newest if at_once else None
        checkpoints.go_on(connection, self.integration.id, self.name, progress, value or None)

    def _note(self, connection: Connection, page: Page, counts: Counts, at: datetime) -> str | None:
        """What an operator should know of a run that is done."""
        notes: list[str | None] = []
        if counts.timeless:
            notes.append(
                f"cursors that are no time, on which the checkpoint does not move: {counts.timeless} (mend `cursor` of "
                f"processor `{self.sync.processor}`; the log names one of its records: cursor-is-no-time)"
            )
        if self.roll is not None:
            notes.append(self.roll.strike(connection, self.house, self.integration, self.start.began_at, at))
        if page.smaller is not None:
            notes.append(f"the partner failed on larger pages: it was asked for pages of {page.smaller}")
        return "; ".join(note for note in notes if note) or None

    def _finished(self, kept: Checkpoint, newest: str | None) -> Checkpoint:
        incremental = self.sync.incremental
        if newest is not None and incremental is not None and not incremental.is_told:
            newest = min(newest, utc_text(self.start.began_at))  # what changed meanwhile may lie behind the walk
        value = incremental.advance(kept.value, [newest]) if incremental is not None else None
        if self.start.beside:
            return replace(kept, value=value, saved_at=self.start.began_at)
        last_full_at = self.start.began_at if self.start.full else kept.last_full_at
        return Checkpoint(value, None, last_full_at, self.start.began_at)
