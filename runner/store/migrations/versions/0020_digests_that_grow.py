"""Whose an event is and its key, and no longer a hash of both: keys that grow lie together in the index of duplicates.

Revision 0020.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from alembic import op
from sqlalchemy import Row, text

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BATCH = 1000
ROWS = text(
    "SELECT e.sequence, e.connector, e.account_id, e.integration_id, e.key, d.environments "
    "FROM events AS e LEFT JOIN deliveries AS d ON d.id = e.delivery_id "
    "WHERE e.digest IS NOT NULL AND e.sequence > :after ORDER BY e.sequence LIMIT :most"
)
WRITE = text(
    "UPDATE events SET digest = :made WHERE sequence = :sequence "
    "AND NOT EXISTS (SELECT 1 FROM events AS other WHERE other.digest = :made)"
)
CLEAR = text("UPDATE events SET digest = NULL WHERE sequence = :sequence")
"""One that was routed since, and of which there is an equal: both were taken, and the first stands for both."""


def upgrade() -> None:
    """Make every digest anew, the oldest first."""
    _remake(_grown)


def downgrade() -> None:
    """As before: a hash of all."""
    _remake(_hashed)


def _remake(make: Callable[[Row[Any]], bytes]) -> None:
    connection, after = op.get_bind(), 0
    while rows := connection.execute(ROWS, {"after": after, "most": BATCH}).all():
        for row in rows:
            given = {"made": make(row), "sequence": row.sequence}
            if not connection.execute(WRITE, given).rowcount:
                connection.execute(CLEAR, {"sequence": row.sequence})
        after = rows[-1].sequence


def _parts(row: Row[Any]) -> tuple[str, str, list[str]]:
    account = f"a{row.account_id}" if row.account_id is not None else f"i{row.integration_id or ''}"
    told = ["\0".join(sorted(row.environments.split()))] if row.environments is not None else []
    return row.connector, account, told


def _grown(row: Row[Any]) -> bytes:
    connector, account, told = _parts(row)
    whose = blake2b("\0".join((connector, account, *told)).encode(), digest_size=16).digest()
    key = str(row.key).encode()
    return whose + (key if len(key) < 40 else key[:24] + blake2b(key, digest_size=16).digest())


def _hashed(row: Row[Any]) -> bytes:
    connector, account, told = _parts(row)
    return blake2b("\0".join((connector, account, row.key, *told)).encode(), digest_size=16).digest()
