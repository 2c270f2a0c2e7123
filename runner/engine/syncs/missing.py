"""Deletion by absence: what one complete, unbroken pass did not find any more is gone at the partner."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from runner.connector.connector import Connector
from runner.connector.sync import Sync
from runner.engine.house import House
from runner.engine.records.batch import Batch
from runner.engine.records.gone import delete
from runner.engine.syncs.start import Start
from runner.model.integration import Integration
from runner.store import feed
from runner.store.columns import utc_text

FEW = 10
SHARE = 0.5


@dataclass
class Roll:
    """The external ids that a pass has met. `is_sure` turns false at the first payload whose id nobody knows.

    Only records that `processor` made are called: other payloads may tell of the same kind. `is_alone` says that no
    other processor of the connector does; `is_believed` that an operator has said that however many are gone.
    """

    kind: str
    processor: str
    is_alone: bool = True
    present: set[str] = field(default_factory=set)
    is_sure: bool = True
    is_believed: bool = False
    struck: int = 0

    def call(self, batch: Batch) -> None:
        """Note who is on a page: the good, the bad and the left out are all there at the partner."""
        bad = [found.external_id for found in batch.bad]
        self.is_sure = self.is_sure and None not in bad and "" not in batch.skipped
        self.present.update(batch.good, batch.skipped, (external_id for external_id in bad if external_id))

    def strike(
        self, connection: Connection, house: House, integration: Integration, began_at: datetime, at: datetime
    ) -> str | None:
        """Delete the records of the kind that the pass did not meet, unless they are newer than its begin.

        Returns why nothing was deleted, when something looks wrong: a partner that suddenly shows half of its things
        is more likely to have changed than to have lost them. `struck` says how many were deleted.
        """
        gone, doubt = self.look(connection, integration)
        if gone and doubt is None:
            keys = [(self.kind, one) for one in sorted(gone)]
            self.struck = delete(connection, house, integration, keys, at, utc_text(began_at))
        return doubt

    def look(self, connection: Connection, integration: Integration) -> tuple[set[str], str | None]:
        """The external ids that the pass did not meet, and why they should not be deleted, if there is a reason."""
        known = self._known(connection, integration)
        gone = known - self.present
        if not gone:
            return gone, None
        if not self.is_sure:
            return gone, f"{len(gone)} {self.kind} records look gone, but some payloads had no id: nothing was deleted"
        if len(gone) > max(FEW, SHARE * len(known)) and not self.is_believed:
            return gone, (
                f"{len(gone)} of {len(known)} {self.kind} records look gone, which is too many to believe: nothing was "
                "deleted (see whether the partner shows them; if they are gone, run the sync with --full and "
                "--accept-deletions)"
            )
        return gone, None

    def _known(self, connection: Connection, integration: Integration) -> set[str]:
        if self.is_alone:
            return feed.ids(connection, integration.id, self.kind)
        found = feed.iterate(connection, integration.id, self.kind)
        return {stored.record.external_id for stored in found if stored.record.processor == self.processor}


def roll_for(connector: Connector, sync: Sync, start: Start, *, is_believed: bool = False) -> Roll | None:
    """The roll of a walk that may delete; None where the sync does not say so, or asks for a part only, or the walk
    goes on in the middle."""
    is_asked = sync.full is not None and sync.full.deletes == "missing"
    if not is_asked or not start.is_whole or start.scope["checkpoint"] is not None or start.scope["window"]:
        return None
    kind = connector.processor(sync.processor).record
    makers = [name for name, processor in connector.processors.items() if processor.record == kind]
    return Roll(kind, sync.processor, makers == [sync.processor], is_believed=is_believed)
