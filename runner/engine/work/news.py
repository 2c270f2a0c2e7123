"""What became of a worker's work: counted in the store, and one line in the log with figures and no payload."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from runner.engine.house import House
from runner.engine.pushes.push import Pushed
from runner.engine.trouble import words
from runner.engine.webhooks.events import Drained
from runner.errors import NotFound
from runner.model.integration import Integration
from runner.model.run import SyncRun
from runner.store import integrations, outcomes

OUTCOMES = ("created", "changed", "unchanged", "stale", "skipped", "quarantined", "deleted")
"""What can become of a payload that a sync brings."""


async def sync_done(house: House, integration: Integration, run: SyncRun, seconds: float) -> None:
    """A sync came to its end; of its counts those that are not 0."""
    told = {name: round(count, 3) for name, count in vars(run.counts).items() if count}
    whose = await _count(house, integration.id, "sync", {"done": 1})
    await _count(house, integration.id, "payload", {name: getattr(run.counts, name) for name in OUTCOMES})
    house.log.info("sync-done", run=run.id, **whose, sync=run.sync, full=run.full, seconds=round(seconds, 1), **told)


async def sync_failed(house: House, integration: Integration, sync: str, error: Exception) -> None:
    """A sync ended without its end; what it had stored stays."""
    whose = await _count(house, integration.id, "sync", {"failed": 1})
    house.log.warning("sync-failed", **whose, sync=sync, message=words(error))


async def events_done(house: House, integration_id: str, drained: Drained) -> None:
    """The webhook events that one drain worked off."""
    counts = {"done": drained.settled, "failed": drained.failed}
    if any(counts.values()):
        whose = await _count(house, integration_id, "event", counts)
        house.log.info("events-done", **whose, **counts, put_off=drained.put_off)


async def pushes_done(house: House, destination_id: str, pushed: Pushed) -> None:
    """The records that one drain brought to a destination."""
    counts = {"done": pushed.done, "failed": pushed.failed}
    if any(counts.values()) or pushed.waiting or pushed.retried:
        whose = await _count(house, destination_id, "push", counts)
        house.log.info("pushes-done", **whose, **counts, waiting=pushed.waiting, retried=pushed.retried)


async def _count(house: House, integration_id: str, work: str, counts: Mapping[str, int]) -> dict[str, str]:
    """Keep the counts under the connector, or the destination's own name; returns whose they are."""

    def keep(connection: Connection) -> dict[str, str]:
        if house.config.outlet(integration_id):
            outcomes.add(connection, integration_id, work, counts)
            return {"destination": integration_id}
        try:
            found = integrations.get(connection, integration_id)
        except NotFound:
            return {"integration": integration_id}
        outcomes.add(connection, found.connector, work, counts)
        return {"integration": found.id, "company": found.company, "connector": found.connector}

    return await house.store.database.write(keep)
