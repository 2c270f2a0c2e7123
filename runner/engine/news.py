"""What a worker's log says of its work: one line a run or drain that did something, with figures and no payload."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.engine.events import Drained
from runner.engine.house import House
from runner.engine.push import Pushed
from runner.engine.trouble import words
from runner.errors import NotFound
from runner.model.integration import Integration
from runner.model.run import SyncRun
from runner.store import integrations


def sync_done(house: House, integration: Integration, run: SyncRun, seconds: float) -> None:
    """A sync came to its end; of its counts those that are not 0."""
    counts = {name: count for name, count in vars(run.counts).items() if count}
    house.log.info(
        "sync-done", **_whose(integration), sync=run.sync, full=run.full, seconds=round(seconds, 1), **counts
    )


def sync_failed(house: House, integration: Integration, sync: str, error: Exception) -> None:
    """A sync ended without its end; what it had stored stays."""
    house.log.warning("sync-failed", **_whose(integration), sync=sync, message=words(error))


async def events_done(house: House, integration_id: str, drained: Drained) -> None:
    """The webhook events that one drain worked off."""
    if drained.settled or drained.failed:
        whose = await _look(house, integration_id)
        house.log.info("events-done", **whose, done=drained.settled, failed=drained.failed, put_off=drained.put_off)


async def pushes_done(house: House, destination_id: str, pushed: Pushed) -> None:
    """The records that one drain brought to a destination."""
    if pushed.done or pushed.failed or pushed.waiting or pushed.retried:
        house.log.info(
            "pushes-done",
            **await _look(house, destination_id),
            done=pushed.done,
            failed=pushed.failed,
            waiting=pushed.waiting,
            retried=pushed.retried,
        )


async def _look(house: House, integration_id: str) -> dict[str, str]:
    def read(connection: Connection) -> dict[str, str]:
        try:
            return _whose(integrations.get(connection, integration_id))
        except NotFound:
            return {"integration": integration_id}

    return await house.store.database.read(read)


def _whose(integration: Integration) -> dict[str, str]:
    return {"integration": integration.id, "company": integration.company, "connector": integration.connector}
