"""Workload 3, memory: how much a process that syncs holds at most, for few records and for many.

Each sync runs in a process of its own, which reports its largest resident set; imports and the mapping are in it.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.house import migrated, synced
from bench.jobs import partner

SIZE = 1_000


def _child(url: str, database: Path, result: Any) -> None:
    began = time.perf_counter()
    seen = asyncio.run(synced(url, database))
    seconds = time.perf_counter() - began
    result.send((seen, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def measure(total: int) -> dict[str, Any]:
    """Records, records a second and the most megabytes of one sync."""
    ours_end, theirs = multiprocessing.Pipe()
    with partner(total, SIZE) as url, tempfile.TemporaryDirectory() as place:
        database = Path(place) / "bench.db"
        migrated(database)
        process = multiprocessing.get_context("spawn").Process(target=_child, args=(url, database, theirs))
        process.start()
        seen, seconds, peak = ours_end.recv()
        process.join()
    return {"records": seen, "records/s": round(seen / seconds), "peak RSS, MB": round(peak)}


def main() -> None:
    totals = (10_000, 100_000) if "--quick" in sys.argv else (10_000, 100_000, 1_000_000)
    for total in totals:
        found = measure(total)
        told = (
            json.dumps(found)
            if "--json" in sys.argv
            else "  ".join(f"{key}: {value:,}" for key, value in found.items())
        )
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
