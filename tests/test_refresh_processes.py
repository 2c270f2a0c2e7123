"""Refreshing by several processes, and by one that is killed in the middle of it. For real, no part is faked."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.jobber import Jobber
from runner.authoring.simulate.server import start
from runner.client.tokens import LEASE
from runner.errors import AuthenticationError, RateLimited
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.model.secret import Secret
from runner.store import integrations
from runner.store.store import Store
from runner.testing.clock import FakeClock
from tests.partners import CONNECTORS, KEYS, ROOT
from tests.refresher import tokens_over

MADE = Integration("i1", "acme", "jobber", "simulated")
ASKED = "POST /api/oauth/token"

pytestmark = pytest.mark.each_database


@dataclass
class Scene:
    """A simulated Jobber on a port, and a database with an integration whose token is about to die."""

    database: str
    url: str
    jobber: Jobber
    store: Store

    async def run(self, callers: int, *more: str) -> tuple[int | None, list[str]]:
        """Another process that asks for the token so often; its exit code and what it got."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.refresher", self.database, self.url, "i1", str(callers), *more,
            cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode, json.loads(out) if out else []

    async def get(self, clock: FakeClock) -> Credential:
        """The token as this process gets it."""
        async with httpx.AsyncClient(trust_env=False) as http:
            return await tokens_over(self.store, http, clock, self.url).get(CONNECTORS.get("jobber"), MADE)

    async def state(self) -> Integration:
        return await self.store.database.read(lambda c: integrations.get(c, "i1"))


@asynccontextmanager
async def scene(database: str, **options: Any) -> AsyncIterator[Scene]:
    running = await start(["jobber"], first_port=0, post=False, jobber=options)
    store = Store.open(database, KEYS)
    now = datetime.now(UTC)
    jobber: Any = running.partners["jobber"]
    issued = {name: Secret(text) for name, text in jobber.grants.issue().items()}
    dying = Credential(**issued, issued_at=now - timedelta(hours=1), expires_at=now + timedelta(seconds=30))  # type: ignore[arg-type]  # two tokens

    def work(connection: Any) -> None:
        integrations.add(connection, MADE)
        integrations.set_state(connection, "i1", State.ACTIVE, None, now)
        store.vault.put(connection, "i1", dying, now)

    await store.database.write(work)
    try:
        yield Scene(database, running.urls["jobber"], jobber, store)
    finally:
        await store.close()
        await running.stop()


async def test_fifty_callers_in_two_processes_cause_one_refresh(database_url: str) -> None:
    async with scene(database_url) as here:
        before = here.jobber.calls[ASKED]
        first, second = await asyncio.gather(here.run(25), here.run(25))
        assert (first[0], second[0]) == (0, 0)
        assert len(first[1]) == 1
        assert first[1] == second[1]
        assert here.jobber.calls[ASKED] - before == 1


@pytest.mark.parametrize("rotating", [True, False])
async def test_a_process_that_is_killed_before_it_stored_the_new_token(database_url: str, rotating: bool) -> None:
    async with scene(database_url, rotating=rotating) as here:
        clock = FakeClock(datetime.now(UTC))
        assert (await here.run(1, "die"))[0] == -signal.SIGKILL
        assert here.jobber.calls[ASKED] == 1
        with pytest.raises(RateLimited, match="renewed elsewhere"):
            await here.get(clock)
        clock.advance(LEASE.total_seconds())
        if not rotating:  # a partner that still takes the old token: as if nothing had happened
            assert (await here.get(clock)).refresh_token is not None
            assert (await here.state()).state is State.ACTIVE
            return
        with pytest.raises(AuthenticationError, match="cut off before its new token was stored"):
            await here.get(clock)
        found = await here.state()
        assert (found.state, found.reason and found.reason.code) == (State.ERROR, "refresh-interrupted")
        assert here.jobber.calls[ASKED] == 2
