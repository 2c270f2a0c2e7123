"""How the runner is connected to an SQLite file."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from runner.store.statements import driven
from runner.store.works import check_open

IN_MEMORY = "temp_store=MEMORY"
"""What a savepoint would restore is kept in memory and not in a file beside: it is of no use after a crash."""
CHECKPOINT = 16000
"""Pages of 4 KB in the log before they move to the file, 64 MB of them: pages that change again and again move once."""
PREPARED = 512
"""Statements that stay prepared: of an INSERT as many as there are sizes of a group."""
LOCKED = 10.0
"""Seconds to wait for another process that holds the file."""


def open_engine(url: URL, size: int, *, write: bool) -> Engine:
    """Up to `size` connections to the file, that write to it, or only read. A new file is its owner's alone."""
    with suppress(OSError):  # whoever connects says what is wrong
        os.close(os.open(str(url.database), os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(
        url.set(drivername="sqlite"),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=1,
        hide_parameters=True,
        connect_args={"cached_statements": PREPARED},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours: the driver would open transactions late
        for pragma in (f"busy_timeout={LOCKED * 1000:.0f}", "synchronous=FULL", "foreign_keys=ON", IN_MEMORY):
            connection.execute(f"PRAGMA {pragma}")
        _use_wal(connection)
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
        connection.execute(f"PRAGMA query_only={'OFF' if write else 'ON'}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driven(connection, "BEGIN IMMEDIATE" if write else "BEGIN")

    @event.listens_for(engine, "commit")
    def check(connection: Connection) -> None:
        check_open(connection)

    return engine


def _use_wal(connection: Any) -> None:
    """Switch a new file to WAL. SQLite does not wait for others here, whatever the busy timeout: so we do."""
    deadline = time.monotonic() + LOCKED
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
