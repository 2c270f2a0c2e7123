"""Workload 5, upload: a large file from an address to a partner in pieces, and the most memory that the runner held.

Both ends are one server in a process of its own: it makes the file up as it is read, takes pieces as Dropbox does, and
tells the hash of what it got. The runner is the shipped connector in another process, its own budget of requests put
aside; the floor streams the same bytes from there to there by httpx, without looking at them.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

LIMIT_MB = 100


@contextmanager
def ends(size: int) -> Iterator[str]:
    """The address of both."""
    from bench.ends import serve  # not in the process that is measured

    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(size, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


async def _floor(url: str) -> int:
    async with httpx.AsyncClient(timeout=600) as http, http.stream("GET", f"{url}/photo.jpg") as source:
        answer = await http.post(f"{url}/sink", content=source.aiter_raw())
        return int(answer.json()["size"])


async def _ours(url: str, folder: Path) -> int:
    from bench.house import opened
    from runner.engine.actions.act import act

    seen = 0

    def hear(sent: int, size: int) -> None:
        nonlocal seen
        seen = sent

    async with opened(folder / "bench.db", url, folder, "dropbox") as (house, integration):
        given = {"file": f"{url}/photo.jpg", "path": "/roof.jpg"}
        await act(house, integration, "upload_file", given, hear)
    return seen


def _connectors(folder: Path) -> None:
    """Dropbox as it is shipped, open to all, without its budget of requests."""
    text = (Path(__file__).parent.parent / "connectors" / "dropbox.yaml").read_text(encoding="utf-8")
    limit = "- {type: window, requests: 300, per: 1m, scope: account}"
    assert limit in text
    (folder / "dropbox.yaml").write_text(text.replace(limit, "- {type: concurrency, at_once: 50}"), encoding="utf-8")


def _child(url: str, folder: Path, ours: bool, told: Any) -> None:
    began = time.perf_counter()
    size = asyncio.run(_ours(url, folder) if ours else _floor(url))
    seconds = time.perf_counter() - began
    told.send((size, seconds, _peak()))


def _peak() -> float:
    """The most megabytes (2^20) that were resident; those of the process that started this one do not count."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _migrated(folder: Path) -> None:
    """Make the tables, in a process that ends: an upload finds them there."""
    from bench.house import migrated

    process = multiprocessing.get_context("spawn").Process(target=migrated, args=(folder / "bench.db",))
    process.start()
    process.join()


def measure(size: int, ours: bool) -> dict[str, Any]:
    """Megabytes a second, and the most megabytes that the process held."""
    own, theirs = multiprocessing.Pipe()
    with ends(size) as url, tempfile.TemporaryDirectory() as place:
        _connectors(Path(place))
        _migrated(Path(place))
        process = multiprocessing.get_context("spawn").Process(target=_child, args=(url, Path(place), ours, theirs))
        process.start()
        sent, seconds, peak = own.recv()
        process.join()
    assert sent == size
    return {
        "who": "runner" if ours else "floor",
        "MB": size // 1_000_000,
        "MB/s": round(size / 1e6 / seconds),
        "peak RSS, MB": round(peak),
    }


def main() -> int:
    """1 when the runner held too much."""
    sizes = (64_000_000, 256_000_000) if "--quick" in sys.argv else (64_000_000, 2_000_000_000)
    held = []
    for size in sizes:
        for ours in (False, True):
            found = measure(size, ours)
            held.append(found["peak RSS, MB"] if ours else 0)
            told = (
                json.dumps(found)
                if "--json" in sys.argv
                else "  ".join(f"{key}: {value}" for key, value in found.items())
            )
            sys.stdout.write(f"{told}\n")
            sys.stdout.flush()
    return int(max(held) > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
