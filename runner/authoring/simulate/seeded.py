"""Numbers and tokens that look arbitrary and are the same for the same seed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Throws that depend on the seed and a key only, never on the order of the calls."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._minted = 0

    def below(self, limit: int, *key: object) -> int:
        """A whole number from 0 to `limit` - 1."""
        return zlib.crc32(f"{self.seed}:{key}".encode()) % limit

    def pick(self, choices: Sequence[T], *key: object) -> T:
        return choices[self.below(len(choices), *key)]

    def mint(self, kind: str) -> str:
        """A new opaque value of 40 hexadecimal digits; each call gives another one."""
        self._minted += 1
        return hashlib.sha256(f"{self.seed}:{kind}:{self._minted}".encode()).hexdigest()[:40]

    def uuid(self) -> str:
        digits = self.mint("uuid")
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


STREETS = ("Main St", "Oak Ave", "Prairie Rd", "Holdrege St", "Cotner Blvd", "Sheridan Ln", "O St", "Elm Ct")
CITIES = (
    ("Lincoln", "NE", "Nebraska", "68508", 40.8136, -96.7026),
    ("Omaha", "NE", "Nebraska", "68102", 41.2565, -95.9345),
    ("Denver", "CO", "Colorado", "80202", 39.7392, -104.9903),
    ("Des Moines", "IA", "Iowa", "50309", 41.5868, -93.6250),
)
FIRST_NAMES = ("Sample", "Ada", "Grace", "Linus", "María", "Zoë", "Björn", "Chloe", "Siobhán", "Noor")
LAST_NAMES = ("Client", "Lovelace", "Hopper", "O'Neil", "García", "Łukasz", "Müller", "de la Cruz", "Nguyễn")
