"""A process that takes wake-ups until none is left: `python -m tests.store.taking URL [hold]`. Prints those it took, a
lease a line; with `hold` it settles none and does not end."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from runner.store.database import Database
from runner.store.distributed import DistributedQueue
from runner.store.queue import worker_id
from tests.store.conftest import NOW

LEASE = timedelta(hours=1)


async def work(url: str, hold: bool) -> None:
    database = Database.open(url)
    queue, name = DistributedQueue(database), worker_id()
    print("ready", flush=True)
    sys.stdin.readline()
    while (await queue.depth())["waiting"]:
        for taken in await queue.take(name, 3, LEASE, NOW):
            print(taken.wakeup.key, taken.id, taken.turn, flush=True)
            if not hold:
                await queue.settle(taken)
    if hold:
        await asyncio.Event().wait()
    await database.close()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], "hold" in sys.argv[2:]))
