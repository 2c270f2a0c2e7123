"""A push has arrived: what both sides remember of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from runner.engine.counter import Packed
from runner.engine.hand_over import Handed
from runner.engine.outcome import keep_agreement
from runner.engine.resolve import remember
from runner.model.push import PushState
from runner.store import doubts, includes, pushes


def settle(connection: Connection, packed: Packed, handed: Handed, at: datetime) -> None:
    """Keep the links, what was sent, and what it was made from, in the caller's transaction."""
    push = packed.push
    remember(connection, [*packed.matched, *([handed.link] if handed.link else [])])
    doubts.clear(connection, push.id)
    includes.save(connection, push.integration_id, push.id, packed.read)
    pushes.settle(
        connection,
        push,
        PushState.DONE if handed.fingerprint is not None else PushState.SKIPPED,
        at,
        fingerprint=handed.fingerprint,
        archived=handed.archived,
        note=handed.note,
    )
    keep_agreement(connection, packed, handed, at)
