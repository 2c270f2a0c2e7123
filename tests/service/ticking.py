"""A process that claims slots as they come: `python -m tests.service.ticking URL COUNT`. Prints those that it won."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from sqlalchemy import Connection

from runner.connector.schedule import EPOCH
from runner.store import schedules
from runner.store.database import Database


async def work(url: str, count: int) -> list[int]:
    database, won = Database.open(url), []
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):

        def claim(connection: Connection, number: int = number) -> bool:
            return schedules.tick(connection, "sync:i1:jobs", EPOCH + timedelta(minutes=number))

        if await database.write(claim):
            won.append(number)
    await database.close()
    return won


if __name__ == "__main__":
    print(*asyncio.run(work(sys.argv[1], int(sys.argv[2]))))
