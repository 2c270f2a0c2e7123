"""Processes that share the limits of a partner on one database, and the partner, which counts what breaks them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass
class Counting:
    """When each call came, and how many were under way at once."""

    times: list[float] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    is_stuck: bool = False
    port: int = 0
    came: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        self.times.append(asyncio.get_running_loop().time())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.came.put_nowait(None)
        if self.is_stuck:
            await reader.read()  # until the other side is gone
        self.under_way -= 1
        writer.close()

    def violations(self, requests: int, per: float) -> int:
        """Calls that came while as many as are allowed lay within the time just past."""
        return sum(1 for first, last in zip(self.times, self.times[requests:], strict=False) if last - first < per)


@asynccontextmanager
async def partner(*, is_stuck: bool = False) -> AsyncIterator[Counting]:
    counting = Counting(is_stuck=is_stuck)
    server = await asyncio.start_server(counting.answer, "127.0.0.1", 0)
    counting.port = server.sockets[0].getsockname()[1]
    async with server:
        yield counting


async def begun(url: str, counting: Counting, **given: Any) -> asyncio.subprocess.Process:
    options = {"database": url, "port": counting.port, "tasks": 4, "party": "i1", "account": "a1", **given}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.client.limited_worker",
        json.dumps(options),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def ended(process: asyncio.subprocess.Process) -> dict[str, int]:
    out, _ = await process.communicate(b"go\n")
    assert process.returncode == 0
    found: dict[str, int] = json.loads(out)
    return found


async def run(url: str, counting: Counting, **given: Any) -> list[dict[str, int]]:
    """What four processes did that began at the same moment."""
    processes = await asyncio.gather(*(begun(url, counting, party=f"i{number}", **given) for number in range(4)))
    return await asyncio.gather(*map(ended, processes))
