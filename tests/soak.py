"""Kill the real server again and again under load, and see that nothing is lost which it answered 2xx.

    python -m tests.soak [--seconds 60] [--seed N]

When it fails, the seed that it printed kills at the same moments of the run again.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.postman import Postman, told
from tests.victim import Victim, victim

CLIENTS = 20
SHORTEST, LONGEST = 0.3, 2.5
"""Seconds that a process lives."""


@dataclass(frozen=True)
class Soaked:
    """How it went: what was lost or stored twice, by key, and what was answered beside 2xx and 503."""

    seed: int
    kills: int
    answered: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    unsettled: int
    odd_answers: tuple[int, ...]

    @property
    def ok(self) -> bool:
        return not (self.lost or self.doubled or self.unsettled or self.odd_answers)


async def soak(folder: Path, seconds: float, seed: int) -> Soaked:
    """Post for so long while the server is killed at random; then let it work off what it has."""
    chance = random.Random(seed)
    async with victim(folder, jobber={"size": CLIENTS}) as here:
        await here.connect("jobber")
        await here.quiet()
        postman, deadline = Postman(here), time.monotonic() + seconds
        posting = asyncio.create_task(postman.deliver(_events(here, chance, deadline), at_once=32))
        kills = 0
        while time.monotonic() < deadline:
            await asyncio.sleep(chance.uniform(SHORTEST, LONGEST))
            await here.kill()
            kills += 1
            await here.start()
        await posting
        await here.quiet()
        return _checked(here, postman, seed, kills)


def _events(here: Victim, chance: random.Random, deadline: float) -> Iterator[tuple[str, bytes]]:
    """Events unlike one another until the deadline, and now and then one of them again."""
    clients = [row["id"] for row in here.partners["jobber"].table("clients")]
    number, last = 0, told(clients[0], 0)
    while time.monotonic() < deadline:
        if chance.random() > 0.05:
            number += 1
            last = told(clients[number % len(clients)], number)
        yield last


def _checked(here: Victim, postman: Postman, seed: int, kills: int) -> Soaked:
    states = Counter(here.rows("SELECT key, state <> 'duplicate' FROM events"))
    bare = here.rows(
        "SELECT count(*) FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM events WHERE delivery_id = d.id)"
    )
    waiting = here.rows("SELECT count(*) FROM events WHERE state NOT IN ('done', 'duplicate', 'dropped')")
    return Soaked(
        seed=seed,
        kills=kills,
        answered=postman.answered.total(),
        lost=tuple(key for key in postman.answered if not states[key, 1]),
        doubled=tuple(key for (key, first), count in states.items() if first and count > 1),
        unsettled=waiting[0][0] + bare[0][0],
        odd_answers=tuple(sorted(set(postman.others) - {503})),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.seconds:.0f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(soak(Path(folder), given.seconds, given.seed))
    print(
        f"{found.kills} kills, {found.answered:,} answered 2xx: {len(found.lost)} lost, {len(found.doubled)} doubled,"
    )
    print(f"{found.unsettled} not worked off, other answers: {list(found.odd_answers) or 'none but 503'}")
    sys.exit(0 if found.ok else 1)


if __name__ == "__main__":
    main()
