"""What is kept of two sides once a push has arrived at one of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from runner.engine.links import agree
from runner.engine.links.parcel import Parcel
from runner.engine.pushes.counter import Packed
from runner.engine.pushes.hand_over import Handed
from runner.model.common import Values
from runner.store import pushes


def keep_agreement(connection: Connection, packed: Packed, handed: Handed, at: datetime) -> None:
    """Keep what both sides have now, in the transaction that settles the push; where an echo is waited for, or the pair
    was settled otherwise meanwhile, the push is looked at again."""
    if not isinstance(packed, Parcel) or packed.merged is None or handed.archived or handed.fingerprint is None:
        return
    again = agree.settle(connection, packed.merged, _sets(packed, handed), packed.push.id, at)
    if again is not None:
        pushes.look_again(connection, packed.push.id, again)


def _sets(parcel: Parcel, handed: Handed) -> Values:
    """What the other side has by it: all where it was made by this push, nothing where there is no action to change
    it."""
    assert parcel.merged is not None
    if parcel.link is None or handed.link != parcel.link:
        return parcel.input
    return parcel.merged.sets if parcel.rule.update is not None else {}
