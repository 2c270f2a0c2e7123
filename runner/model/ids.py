"""Names for what is stored in great numbers."""

from __future__ import annotations

import os
from datetime import datetime


def new_id(now: datetime) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7) as 32 hexadecimal digits: milliseconds, then 72 bits of chance.

    Ids of one moment lie beside one another in an index, so a commit touches few pages of it.
    """
    chance = os.urandom(9).hex()
    return f"{int(now.timestamp() * 1000):012x}7{chance[:3]}8{chance[3:]}"
