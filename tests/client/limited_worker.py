"""A process that calls a partner so often, as fast as the shared limits let it: `python -m tests.client.limited_worker`
with one JSON object as its argument. Prints how many calls it made."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from runner.client.limiter import Limiter
from runner.client.permits import Claim
from runner.components.ratelimits.base import RateLimit
from runner.components.ratelimits.concurrency import ConcurrencyLimit
from runner.components.ratelimits.window import WindowLimit
from runner.model.clock import SystemClock
from runner.store.database import Database
from runner.store.limits import LimitLedger

TYPES: dict[str, type[RateLimit]] = {"window": WindowLimit, "concurrency": ConcurrencyLimit}


async def call(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET\n")
    await reader.read()
    writer.close()


async def work(given: dict[str, Any]) -> dict[str, int]:
    database, clock = Database.open(given["database"]), SystemClock()
    limiter, made = Limiter(clock, LimitLedger(database, clock)), 0
    blocks = [TYPES[block["type"]].model_validate(block) for block in given["limits"]]
    claims = [Claim(block, block.key("acme", given["account"], "jobs", "GET")) for block in blocks]
    print("ready", flush=True)
    sys.stdin.readline()
    left = given["calls"]

    async def run() -> None:
        nonlocal made, left
        while left:
            left -= 1
            permit = await limiter.admit(claims, "jobs", party=given["party"])
            try:
                await call(given["port"])
            finally:
                limiter.release(permit)
            made += 1

    await asyncio.gather(*(run() for _ in range(given["tasks"])))
    await limiter.close()
    await database.close()
    return {"made": made}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(work(json.loads(sys.argv[1])))))
