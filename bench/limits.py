"""One budget of 11,000 calls, shared by four processes: `python -m bench.limits [--quick]`, on SQLite and PostgreSQL.

Fails when the partner counts a call beyond its limit, or less than nine tenths of the budget are used. Each process
calls as fast as it is let; `--quick` has 1,500 calls.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.store.database import Database
from tests import postgres
from tests.client.limited import partner, run

PER = 2.0
"""Seconds of a window."""
LEAST = 0.9


async def measure(url: str, requests: int, windows: int) -> dict[str, float]:
    """How four processes keep to so many windows of so many requests, and use them; they have calls left at the end."""
    database = Database.open(url)
    await asyncio.to_thread(database.migrate)
    await database.close()
    limits = [{"type": "window", "requests": requests, "per": f"{PER:g}s"}]
    async with partner() as counting:
        await run(url, counting, limits=limits, calls=requests * (windows + 1) // 4)
    within = sum(1 for time in counting.times if time - counting.times[0] < windows * PER)
    return {
        "calls": len(counting.times),
        "violations": counting.violations(requests, PER),
        "used": round(within / (requests * windows), 3),
    }


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """The URL of each."""
    server = postgres.start()
    with tempfile.TemporaryDirectory() as folder:
        yield {"sqlite": f"sqlite:///{Path(folder) / 'runner.sqlite3'}", "postgresql": server.url}
    server.release()


def main() -> int:
    """Print each; 1 when a limit was broken or left unused."""
    windows = 3 if "--quick" in sys.argv else 11
    requests = 500 if "--quick" in sys.argv else 1000
    with databases() as urls:
        found = {name: asyncio.run(measure(url, requests, windows)) for name, url in urls.items()}
    sys.stdout.write(json.dumps(found, indent=None if "--json" in sys.argv else 2) + "\n")
    return int(any(one["violations"] or one["used"] < LEAST for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
