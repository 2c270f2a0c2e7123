from __future__ import annotations

from runner.engine import sync
from runner.model.run import RunState
from tests.partners import World


async def test_all_syncs_of_all_partners_bring_records(here: World) -> None:
    for name in ("servicetitan", "jobber", "companycam"):
        integration = await here.connect(name)
        assert integration.reason is None
        for sync_name in here.house.connectors.get(name).syncs:
            run = await sync.run(here.house, integration, sync_name)
            assert run.state is RunState.DONE, (sync_name, run)
            assert run.counts.created, (sync_name, run)
            assert not run.counts.quarantined, (sync_name, run, here.log.lines)
