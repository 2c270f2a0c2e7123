"""What `runner doctor` looks into of the database's server or file: version, room, clock, and who may read it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, make_url

from runner.cli.check import Check
from runner.store.database import POOL

LEAST_ROOM = 200_000_000
"""Bytes that must be free beside the database, for its log and a page of records."""
OLDEST = 15
"""The oldest PostgreSQL that is tested."""
SKEW = timedelta(seconds=5)
"""How far the server's clock may be from ours."""
BESIDE = 4
"""Connections of a process beside its pool: what listens, and what comes on top for a moment."""


def server(connection: Connection, url: str, processes: int) -> Iterator[Check]:
    """All of the server or of the file; `processes` of the runner live."""
    if connection.dialect.name != "postgresql":
        path = Path(make_url(url).database or "").absolute()
        yield room(path.parent, shutil.disk_usage(path.parent).free)
        yield readable(path, path.stat().st_mode)
        return
    yield version(int(_asked(connection, "SHOW server_version_num")))
    now = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    yield skew(now - datetime.now(UTC))
    most = int(_asked(connection, "SHOW max_connections"))
    kept = int(_asked(connection, "SHOW superuser_reserved_connections"))
    yield connections(most - kept, int(_asked(connection, "SELECT count(*) FROM pg_stat_activity")), processes)


def room(folder: Path, free: int) -> Check:
    """Whether so many free bytes will do."""
    if free < LEAST_ROOM:
        remedy = "what is not stored is refused: make room there, or give `retention` in runner.yaml a smaller `size`"
        return Check("disk", False, f"{free / 1e6:,.0f} MB are free at {folder}; {remedy}")
    return Check("disk", True, f"{free / 1e9:,.1f} GB are free at {folder}")


def readable(path: Path, mode: int) -> Check:
    """Whether nobody else on the machine may read what companies have, or write it."""
    if mode & 0o077:
        return Check(
            "file rights", False, f"others may open {path} ({mode & 0o777:03o}); take it away: chmod 600 {path}*"
        )
    return Check("file rights", True, f"{path} is its owner's alone")


def version(number: int) -> Check:
    """Whether the server is one that the runner is tested with; `number` is 150004 for 15.4."""
    shown = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number < OLDEST * 10_000:
        return Check("server", False, f"{shown} is too old: move the data to {OLDEST} or newer (pg_upgrade)")
    return Check("server", True, shown)


def skew(ahead: timedelta) -> Check:
    """Whether the server's clock and ours agree: leases and schedules are told by the clocks of all processes."""
    seconds = ahead.total_seconds()
    if abs(ahead) > SKEW:
        way = "ahead of" if seconds > 0 else "behind"
        remedy = "set both by NTP: leases would end too early, and schedules fire twice"
        return Check(
            "server clock", False, f"the database's clock is {abs(seconds):.0f} s {way} this machine's; {remedy}"
        )
    return Check("server clock", True, f"{abs(seconds):.1f} s from this machine's")


def connections(most: int, used: int, processes: int) -> Check:
    """Whether the server lets all processes connect, and one more while they are restarted one after the other.
    `most` may connect, `used` are connected now."""
    each = POOL + BESIDE
    wanted = (processes + 1) * each
    told = f"{used} of {most} are used; {processes} processes and one more may want {wanted}"
    if wanted > most or used + each > most:
        return Check("connections", False, f"{told}: raise max_connections, or run fewer processes")
    return Check("connections", True, told)


def _asked(connection: Connection, query: str) -> str:
    return str(connection.exec_driver_sql(query).scalar_one())
