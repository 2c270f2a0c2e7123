from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.connector.sync import Sync
from runner.engine.records.batch import Bad, Batch
from runner.engine.syncs import sync
from runner.engine.syncs.missing import Roll, roll_for
from runner.engine.syncs.start import Start
from runner.model.record import Record
from runner.store import records
from tests.engine.syncs.test_sync import PAGE, Killed, die_at
from tests.partners import CONNECTORS, World, world
from tests.shelf import altered

pytestmark = pytest.mark.each_database

EVERYTHING = {"checkpoint": None, "window": {}}
BEGAN = datetime(2026, 5, 4, tzinfo=UTC)


def missing(connector: str, endpoint: str, processor: str, scope: dict[str, Any]) -> Any:
    declared = {
        "endpoint": endpoint,
        "processor": processor,
        "every": "1h",
        "full": {"every": "24h", "deletes": "missing"},
    }
    return roll_for(CONNECTORS.get(connector), Sync.model_validate(declared), Start(True, BEGAN, scope, "run"))


def test_only_a_pass_over_everything_may_delete() -> None:
    assert missing("servicetitan", "jobs", "job", EVERYTHING) is not None
    assert missing("servicetitan", "jobs", "job", {"checkpoint": "x", "window": {}}) is None
    assert missing("jobber", "visits", "visit", {"checkpoint": None, "window": {"start": "a", "end": "b"}}) is None


async def test_what_another_processor_made_is_left_alone(here: World) -> None:
    made = [Record("user", one, {"name": one}, processor=one) for one in ("ours", "theirs")]
    titan, now = await here.connect("servicetitan"), here.clock.now()
    await here.write(lambda c: records.upsert(c, titan.id, made, now))
    roll = Roll("user", "ours", is_alone=False)
    assert await here.write(lambda c: roll.strike(c, here.house, titan, now, now)) is None
    assert set(await here.records(titan, "user")) == {"theirs"}


async def test_a_payload_that_nobody_can_name_stops_all_deletion(here: World) -> None:
    titan, now = await here.connect("servicetitan"), here.clock.now()
    await here.write(lambda c: records.upsert(c, titan.id, [Record("user", "1", {"name": "Ann"})], now))
    roll = Roll("user", "technician")
    roll.call(Batch("technician", bad=[Bad(None, {}, ())]))
    assert "nothing was deleted" in str(await here.write(lambda c: roll.strike(c, here.house, titan, now, now)))
    assert set(await here.records(titan, "user")) == {"1"}


class TestDeletesByAbsence:
    CHANGE = (
        "processor: technician, every: 30m, incremental: {type: since, overlap: 2m}, full: {every: 24h}",
        "processor: technician, every: 30m, incremental: {type: since}, full: {every: 24h, deletes: missing}",
    )

    @pytest.fixture
    async def strict(self, database_url: str) -> AsyncIterator[World]:
        connectors = altered("servicetitan", self.CHANGE, ("pageSize: 500", f"pageSize: {PAGE}"))
        async with world(database_url, connectors=connectors, size=200) as opened:
            yield opened

    async def test_what_a_full_pass_does_not_find_is_deleted(self, strict: World) -> None:
        integration = await strict.connect("servicetitan")
        await sync.run(strict.house, integration, "technicians")
        known = await strict.records(integration, "user")
        strict.servicetitan.table("technicians").remove(int(next(iter(known))))
        strict.clock.advance(timedelta(days=2).total_seconds())
        run = await sync.run(strict.house, integration, "technicians")
        left = await strict.records(integration, "user")
        assert set(known) - set(left) == {next(iter(known))}
        assert run.counts.deleted == 1

    async def test_a_run_that_is_not_full_deletes_nothing(self, strict: World) -> None:
        integration = await strict.connect("servicetitan")
        await sync.run(strict.house, integration, "technicians")
        known = await strict.records(integration, "user")
        strict.servicetitan.table("technicians").remove(int(next(iter(known))))
        strict.clock.advance(3600)
        await sync.run(strict.house, integration, "technicians")
        assert set(await strict.records(integration, "user")) == set(known)

    async def test_a_broken_pass_deletes_nothing(self, strict: World) -> None:
        integration = await strict.connect("servicetitan")
        await sync.run(strict.house, integration, "technicians")
        known = await strict.records(integration, "user")
        strict.servicetitan.table("technicians").remove(int(next(iter(known))))
        strict.clock.advance(timedelta(days=2).total_seconds())
        die_at(strict, 2, "/technicians")
        with pytest.raises(Killed):
            await sync.run(strict.house, integration, "technicians")
        strict.wire.before = None
        await sync.run(strict.house, integration, "technicians")
        assert set(await strict.records(integration, "user")) == set(known)

    async def test_too_much_absence_is_not_believed(self, strict: World) -> None:
        integration = await strict.connect("servicetitan")
        await sync.run(strict.house, integration, "technicians")
        known = await strict.records(integration, "user")
        for one in list(known)[: max(11, len(known) * 3 // 4)]:
            strict.servicetitan.table("technicians").remove(int(one))
        strict.clock.advance(timedelta(days=2).total_seconds())
        run = await sync.run(strict.house, integration, "technicians")
        assert set(await strict.records(integration, "user")) == set(known)
        assert "nothing was deleted" in str(run.error)
        assert "--accept-deletions" in str(run.error)

    async def test_an_operator_can_say_that_it_is_so(self, strict: World) -> None:
        integration = await strict.connect("servicetitan")
        await sync.run(strict.house, integration, "technicians")
        known = await strict.records(integration, "user")
        gone = set(list(known)[: max(11, len(known) * 3 // 4)])
        for one in gone:
            strict.servicetitan.table("technicians").remove(int(one))
        run = await sync.run(strict.house, integration, "technicians", full=True, accept_deletions=True)
        assert set(known) - set(await strict.records(integration, "user")) == gone
        assert (run.counts.deleted, run.error) == (len(gone), None)
