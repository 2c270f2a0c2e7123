"""Which counter takes the pushes to a destination."""

from __future__ import annotations

from typing import Any

from runner.engine.house import House
from runner.engine.pushes.connector_counter import ConnectorCounter
from runner.engine.pushes.counter import Counter
from runner.engine.pushes.outlets import counter_for
from runner.errors import NotFound
from runner.model.integration import State
from runner.store import integrations


async def counter_of(house: House, destination_id: str) -> Counter[Any] | None:
    """Where pushes to a destination are handed over; None for an integration that is gone or not active."""
    outlet = house.config.outlet(destination_id)
    if outlet is not None:
        return counter_for(house, destination_id, outlet)
    try:
        found = await house.store.database.read(lambda connection: integrations.get(connection, destination_id))
    except NotFound:
        return None
    return ConnectorCounter(house, found) if found.state is State.ACTIVE else None
