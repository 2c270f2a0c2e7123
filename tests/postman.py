"""A partner that posts webhooks to a process that may be killed: each again and again until it is answered 2xx."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import httpx
import orjson

from runner.authoring.simulate.jobber import ACCOUNT_ID, seal
from tests.victim import Victim


@dataclass
class Postman:
    """Posts every event until it is answered 2xx, as a partner does; killed connections are tried again."""

    here: Victim
    answered: Counter[str] = field(default_factory=Counter)
    others: Counter[int] = field(default_factory=Counter)

    async def deliver(self, events: Iterable[tuple[str, bytes]], at_once: int = 24) -> None:
        waiting = iter(events)

        async def carry() -> None:
            for key, body in waiting:
                async for accepted in self._attempts(key, body):
                    if accepted:
                        break

        await asyncio.gather(*(carry() for _ in range(at_once)))

    async def _attempts(self, key: str, body: bytes) -> AsyncIterator[bool]:
        while True:
            yield await self._post(key, body)
            await asyncio.sleep(0.02)

    async def _post(self, key: str, body: bytes) -> bool:
        headers = {"X-Jobber-Hmac-SHA256": seal("jobber-secret", body)}
        try:
            answer = await self.here.client.post("/webhooks/jobber", content=body, headers=headers)
        except httpx.TransportError:
            return False
        if answer.is_success:
            self.answered[key] += 1
            return True
        self.others[answer.status_code] += 1
        return False


def told(item: str, number: int) -> tuple[str, bytes]:
    """One event that Jobber would tell, and its key."""
    when = f"2026-05-04T15:20:{number:06d}Z"
    event = {"topic": "CLIENT_UPDATE", "appId": "x", "accountId": ACCOUNT_ID, "itemId": item, "occurredAt": when}
    return f"CLIENT_UPDATE:{item}:{when}", orjson.dumps({"data": {"webHookEvent": event}})
