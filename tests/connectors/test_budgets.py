"""Thousands of calls by four workers, and a partner that counts each one beyond what it allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from runner.client.caller import Caller
from runner.client.ledger import MemoryLedger
from runner.client.limiter import Limiter
from runner.client.tokens import Tokens
from runner.connector.connector import Connector
from runner.engine.syncs import sync
from runner.model.credential import Credential
from runner.model.integration import Integration
from runner.model.run import Checkpoint, RunState
from runner.store import checkpoints
from runner.testing.clock import FakeClock
from tests.client.timeline import Timeline
from tests.partners import World, world

WORKERS = 4
GIVEN = {"title": "Roof replacement"}
TRAVEL = 0.04
"""Seconds that a request is on its way."""


class Aligned(Timeline):
    """A timeline that takes the partner's clock along."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._now, self._clock = clock.now(), clock

    def _pass(self) -> None:
        super()._pass()
        self._clock.advance((self._now - self._clock.now()).total_seconds())


class Held(Tokens):
    """The credential that the company gave, without a look at the database."""

    def __init__(self, here: World, credential: Credential) -> None:
        house = here.house
        super().__init__(house.store, house.http, house.clock, house.apps, house.config.environments)
        self._credential = credential

    async def get(self, connector: Connector, integration: Integration) -> Credential:
        return self._credential


class Crew:
    """Workers with a limiter each and a ledger in common, on one timeline."""

    def __init__(self, here: World, credential: Credential) -> None:
        self.timeline, ledger = Aligned(here.clock), MemoryLedger()
        self.limiters = [Limiter(self.timeline, ledger) for _ in range(WORKERS)]
        self.http = httpx.AsyncClient(transport=here.wire)
        tokens = Held(here, credential)
        self.callers = [Caller(self.http, self.timeline, one, tokens, patience=3600) for one in self.limiters]
        self.answers: list[int] = []

        async def travel(_: object) -> None:
            await self.timeline.sleep(TRAVEL)

        here.wire.before = here.wire.after = travel

    async def work(self, connector: Connector, company: Integration, names: Sequence[str], calls: int) -> float:
        """Let each worker make its calls, four abreast; returns how many seconds it took."""

        async def lane(caller: Caller) -> None:
            for number in range(calls // WORKERS // 4):
                endpoint = connector.endpoints[names[number % len(names)]]
                page = next(endpoint.paginate.walk(None)).page
                response = await caller.call(connector, endpoint, company, input=GIVEN, page=page, checkpoint=None)
                self.answers.append(response.status)

        began = self.timeline.now()
        await self.timeline.play(*(lane(caller) for caller in self.callers for _ in range(4)))
        return (self.timeline.now() - began).total_seconds()

    async def close(self) -> None:
        for limiter in self.limiters:
            await limiter.close()
        await self.http.aclose()


@pytest.mark.parametrize(
    ("name", "endpoints", "calls", "most_seconds", "options"),
    [
        ("hubspot", ("owners_probe", "stages"), 2000, 220.0, {}),  # a hundred in ten seconds
        ("hubspot", ("changed_deals", "changed_contacts"), 400, 110.0, {}),  # five a second
        ("pipedrive", ("me", "users"), 2000, 52.0, {"daily": 10_000_000}),  # eighty in two seconds
        ("pipedrive", ("search_deals",), 160, 40.0, {"daily": 10_000_000}),  # ten in two seconds
    ],
)
async def test_four_workers_break_no_limit_and_use_what_there_is(
    database_url: str, name: str, endpoints: tuple[str, ...], calls: int, most_seconds: float, options: dict[str, Any]
) -> None:
    async with world(database_url, partners=(name,), **{name: {"size": 5, **options}}) as here:
        company, connector = await here.connect(name), here.house.connectors.get(name)
        here.clock.advance(60)  # what connecting took of the limits is over
        crew = Crew(here, await here.house.tokens.get(connector, company))
        seconds = await crew.work(connector, company, endpoints, calls)
        await crew.close()
        assert here.partners[name].violations == 0
        assert crew.answers == [200] * calls
        assert seconds <= most_seconds


async def test_more_than_ten_thousand_changes_are_searched_in_windows(database_url: str) -> None:
    """The partner's own cap, and none of ours lowered for the test."""
    async with world(database_url, partners=("hubspot",), hubspot={"size": 10_900}) as here:
        account, partner = await here.connect("hubspot"), here.partners["hubspot"]
        now, long_ago = here.clock.now(), "2015-01-01T00:00:00.000000Z"
        kept = Checkpoint(long_ago, None, now, now)
        await here.write(lambda connection: checkpoints.save(connection, account.id, "contacts", kept))
        done = await sync.run(here.house, account, "contacts")
        alive = {row["id"] for row in partner.table("contacts") if not row["archived"]}
        assert len(alive) > 10_000
        assert (done.full, done.state, done.counts.seen) == (False, RunState.DONE, len(alive))
        assert (await here.records(account, "contact")).keys() == alive
        assert partner.violations == 0
