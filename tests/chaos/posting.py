"""The partners' post: every webhook is brought to a web process, again and again until it is answered 2xx."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from runner.authoring.simulate.outbox import Letter
from tests.chaos.stage import Stage

PAUSE = 0.2
"""Seconds before a webhook is brought again."""
TWICE = 0.05
"""How many are brought twice at once, as partners do who deliver at least once."""


@dataclass
class Post:
    """`answered` counts, by connector and key, how often an event was answered 2xx; `others` all other answers."""

    stage: Stage
    chance: random.Random
    answered: Counter[tuple[str, str]] = field(default_factory=Counter)
    others: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    _carrying: set[asyncio.Task[None]] = field(default_factory=set)
    _place: Iterator[int] = field(default_factory=count)

    def collect(self) -> None:
        """Bring what the partners have to tell."""
        for name, partner in self.stage.cast.partners.items():
            letters, partner.outbox.waiting = partner.outbox.waiting, []
            for letter in letters:
                for _ in range(2 if self.chance.random() < TWICE else 1):
                    task = asyncio.create_task(self._carry(name, letter))
                    self._carrying.add(task)
                    task.add_done_callback(self._carrying.discard)

    async def is_done(self) -> bool:
        """Whether all that there is to tell has been taken."""
        self.collect()
        return not self._carrying

    async def stop(self) -> None:
        """Bring nothing any more."""
        carrying = list(self._carrying)
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)

    async def _carry(self, name: str, letter: Letter) -> None:
        attempt = 0
        while True:
            attempt += 1
            body, headers = letter.compose(attempt)
            if await self._bring(letter, body, headers):
                self.answered.update({(name, key) for key in keys(name, body)})
                return
            await asyncio.sleep(PAUSE)

    async def _bring(self, letter: Letter, body: bytes, headers: dict[str, str]) -> bool:
        url = self.stage.address(next(self._place)) + urlsplit(letter.url).path
        try:
            answer = await self.stage.client.request(letter.method, url, content=body, headers=headers)
        except httpx.TransportError:
            self.broken += 1
            return False
        if not answer.is_success:
            self.others[answer.status_code] += 1
        return answer.is_success


@asynccontextmanager
async def posting(stage: Stage, seed: int) -> AsyncIterator[Post]:
    """The post of a stage, which ends with it."""
    post = Post(stage, random.Random(seed))
    try:
        yield post
    finally:
        await post.stop()


def keys(name: str, body: bytes) -> list[str]:
    """What the events in a webhook are known by, as the partners' documents say."""
    told: Any = orjson.loads(body)
    if name == "jobber":
        event = told["data"]["webHookEvent"]
        return [":".join((event["topic"], event["itemId"], event["occurredAt"]))]
    if name == "servicetitan":
        return [told["userassignedid"]]
    if name == "hubspot":
        return [f"{e['eventId']}:{e['subscriptionId']}:{e['objectId']}:{e['occurredAt']}" for e in told]
    thing = told["payload"].get("project") or told["payload"]
    return [f"{told['webhook_id']}:{told['event_type']}:{told['created_at']}:{thing['id']}"]
