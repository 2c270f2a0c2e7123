"""A connector's integration as the place where pushes are handed over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from runner.components.destinations.base import Destination
from runner.engine import hand_over, tally
from runner.engine.counter import Fate
from runner.engine.house import House
from runner.engine.parcel import Held, Parcel, pack
from runner.engine.trouble import refuse
from runner.engine.twins import Twins
from runner.errors import StoreUnavailable
from runner.model.integration import Integration
from runner.model.push import Push


@dataclass(frozen=True)
class ConnectorCounter:
    """Hands parcels over by the actions of their rule."""

    house: House
    destination: Integration

    @property
    def pace(self) -> Destination:
        return self.house.config.destinations.get(self.name) or Destination()

    @property
    def name(self) -> str:
        return self.destination.connector

    def pack(self, connection: Connection, pushes: Sequence[Push]) -> list[Parcel | Held]:
        twins = Twins(connection, self.destination)
        return [pack(connection, self.house.config, self.destination, push, twins) for push in pushes]

    def lots(self, packed: Sequence[Parcel]) -> list[list[list[Parcel]]]:
        """Parcels that say the same go one after the other: the second sees what the first did."""
        groups: defaultdict[str, list[list[Parcel]]] = defaultdict(list)
        for parcel in packed:
            groups[parcel.fingerprint].append([parcel])
        return list(groups.values())

    async def take(self, load: Sequence[Parcel]) -> list[Fate]:
        connector = self.house.connectors.get(self.destination.connector)
        counter = hand_over.Counter(self.house, connector, self.destination)
        return [await self._one(counter, parcel) for parcel in load]

    async def _one(self, counter: hand_over.Counter, parcel: Parcel) -> Fate:
        try:
            return await counter.take(parcel)
        except StoreUnavailable:
            raise
        except Exception as error:
            return error

    async def refuse(self, error: Exception) -> None:
        await refuse(self.house, self.destination, error)

    async def close(self) -> None:
        made = self.house.tally.take(self.destination.id)
        await self.house.store.database.write(lambda connection: tally.save(connection, self.destination.id, made))
