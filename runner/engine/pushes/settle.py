"""A push has arrived: what both sides remember of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from runner.engine.links.parcel import Parcel
from runner.engine.links.resolve import BACKWARDS, remember
from runner.engine.pushes.counter import Packed
from runner.engine.pushes.hand_over import Handed
from runner.engine.pushes.outcome import keep_agreement
from runner.model.push import Link, Push, PushState
from runner.store import doubts, feed, includes, links, pushes
from runner.store.record_table import Key


def keep_read(connection: Connection, push: Push, read: Sequence[Key], seen: int, at: datetime) -> None:
    """Remember what a push was made from, as the feed stood at `seen`. What changed since then, before anybody could
    know that this push reads it, makes it due again."""
    if read and feed.moved(connection, push.integration_id, seen, read):
        pushes.mark_again(connection, push.id, at)
    includes.save(connection, push.integration_id, push.id, read)


def settle(connection: Connection, packed: Packed, handed: Handed, seen: int, at: datetime) -> None:
    """Keep the links, what was sent, and what it was made from, in the caller's transaction. Who linked the record to
    another thing while it was under way is right: what was sent to the old one says nothing then, and it goes anew."""
    push = packed.push
    doubts.clear(connection, push.id)
    keep_read(connection, push, packed.read, seen, at)
    if isinstance(packed, Parcel) and _is_linked_anew(connection, packed, handed):
        remember(connection, packed.matched)
        return
    remember(connection, packed.matched, handed.link)
    pushes.settle(
        connection,
        push,
        PushState.DONE if handed.fingerprint is not None else PushState.SKIPPED,
        at,
        fingerprint=handed.fingerprint,
        archived=handed.archived,
        note=handed.note or (packed.merged.standing.note if isinstance(packed, Parcel) and packed.merged else None),
    )
    keep_agreement(connection, packed, handed, at)


def _is_linked_anew(connection: Connection, parcel: Parcel, handed: Handed) -> bool:
    """Whether the link is neither the one that the parcel was made with nor the one that handing it over made."""
    push = parcel.push
    stored = links.get(connection, push.integration_id, push.destination, push.kind, push.external_id)
    known = parcel.link if parcel.link is not None and parcel.link.how != BACKWARDS else None
    if stored is None:
        return known is not None and _named(handed.link) == known.host_id
    return stored.host_id not in (_named(known), _named(handed.link))


def _named(link: Link | None) -> str | None:
    return link.host_id if link is not None else None
