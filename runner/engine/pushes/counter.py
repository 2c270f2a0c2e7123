"""Where pushes are handed over: what a destination of any sort does for those who bring them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from runner.components.destinations.base import Destination
from runner.engine.links.parcel import Held
from runner.engine.pushes.hand_over import Handed
from runner.model.push import Link, Push
from runner.store.record_table import Key


class Packed(Protocol):
    """What a push would bring. `fingerprint` tells whether two say the same; `matched` are links that were found for
    it, `read` the other records that it was made from."""

    @property
    def push(self) -> Push: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def matched(self) -> tuple[Link, ...]: ...

    @property
    def read(self) -> tuple[Key, ...]: ...


P = TypeVar("P", bound=Packed)
Fate = Handed | Exception
"""What became of one: the destination has it, or why not."""


class Counter(Protocol[P]):
    """Where what is packed is handed over: one destination."""

    @property
    def pace(self) -> Destination:
        """How many at once, and how many in a time."""

    @property
    def name(self) -> str:
        """What `to` of its rules says."""

    def pack(self, connection: Connection, pushes: Sequence[Push]) -> list[P | Held]:
        """Put together what these pushes of one rule would bring."""

    def lots(self, packed: Sequence[P]) -> list[list[list[P]]]:
        """What may go side by side; inside of it one load after the other, each handed over in one go."""

    async def take(self, load: Sequence[P]) -> list[Fate]:
        """Hand it over; what became of each, in order. Raises only what keeps all of them from being tried."""

    async def refuse(self, error: Exception) -> None:
        """Nothing can go there until a person acts: let that be seen."""

    async def close(self) -> None:
        """A round has ended: keep what was counted."""
