"""A process that wants a token, many times at once: `python -m tests.refresher DATABASE URL INTEGRATION CALLERS [die]`.

It prints the sha256 of the tokens that its callers got, as JSON. With `die` it is killed (SIGKILL) by itself once the
partner has answered and before anything is stored.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys

import httpx

from runner.client.tokens import Tokens
from runner.model.clock import Clock, SystemClock
from runner.store import integrations
from runner.store.store import Store
from tests.partners import APPS, CONNECTORS, KEYS


class Deadly(httpx.AsyncHTTPTransport):
    """The network; the process does not live to read the answer."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await (await super().handle_async_request(request)).aread()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a killed process goes on")


def tokens_over(store: Store, http: httpx.AsyncClient, clock: Clock, url: str) -> Tokens:
    """Tokens whose Jobber is at `url`."""
    return Tokens(store, http, clock, APPS, {"jobber": {"simulated": {"api": f"{url}/api"}}})


async def main(database: str, url: str, integration_id: str, callers: int, die: bool) -> None:
    """Ask `callers` times at once."""
    store = Store.open(database, KEYS)
    async with httpx.AsyncClient(transport=Deadly() if die else None, trust_env=False) as http:
        tokens = tokens_over(store, http, SystemClock(), url)
        found = await store.database.read(lambda c: integrations.get(c, integration_id))
        jobber = CONNECTORS.get("jobber")
        got = await asyncio.gather(*(tokens.get(jobber, found) for _ in range(callers)))
    await store.close()
    texts = {one.access_token.reveal() for one in got if one.access_token}
    print(json.dumps(sorted(hashlib.sha256(text.encode()).hexdigest() for text in texts)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), "die" in sys.argv[5:]))
