"""Let schedules of an integration stand still, and go on again. A person's and a webhook's syncs run all the same."""

from __future__ import annotations

from sqlalchemy import Connection

from runner.engine.house import House
from runner.errors import NotFound
from runner.model.integration import Integration
from runner.store import pauses
from runner.store.pauses import EVERY


async def pause(house: House, integration: Integration, sync: str | None = None) -> list[str]:
    """Pause the schedule of one sync, or of every one; returns the syncs that stand still then. Raises NotFound."""
    _check(house, integration, sync)
    await house.store.database.write(
        lambda connection: pauses.pause(connection, integration.id, house.clock.now(), sync or EVERY)
    )
    return await paused(house, integration)


async def resume(house: House, integration: Integration, sync: str | None = None) -> list[str]:
    """End the pause of one sync, or all; returns the syncs that stand still then. Raises NotFound."""
    _check(house, integration, sync)
    await house.store.database.write(lambda connection: pauses.resume(connection, integration.id, sync or EVERY))
    return await paused(house, integration)


async def paused(house: House, integration: Integration) -> list[str]:
    """The syncs whose schedules stand still."""
    names = house.connectors.get(integration.connector).syncs_of(integration.way)

    def work(connection: Connection) -> list[str]:
        return [name for name in names if pauses.is_paused(connection, integration.id, name)]

    return await house.store.database.read(work)


def _check(house: House, integration: Integration, sync: str | None) -> None:
    names = house.connectors.get(integration.connector).syncs_of(integration.way)
    if sync is not None and sync not in names:
        known = ", ".join(names) or "none"
        raise NotFound(f"{integration.connector} has no sync {sync} (there are: {known})")
