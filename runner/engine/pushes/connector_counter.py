"""A connector's integration as the place where pushes are handed over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from runner.components.destinations.base import Destination
from runner.connector.action import Action
from runner.connector.connector import Connector
from runner.connector.together import Together
from runner.engine import tally
from runner.engine.actions.act import find_action
from runner.engine.actions.doubts import link_of
from runner.engine.actions.together import Made, create_together
from runner.engine.house import House
from runner.engine.links.parcel import Held, Parcel
from runner.engine.links.twins import Twins
from runner.engine.pushes import hand_over
from runner.engine.pushes.counter import Fate
from runner.engine.pushes.hand_over import Handed
from runner.engine.pushes.packing import pack
from runner.engine.trouble import refuse
from runner.errors import StoreUnavailable, UnexpectedResponse
from runner.model.integration import Integration
from runner.model.push import Push
from runner.store.statements import chunks


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
        config, at = self.house.config, self.house.clock.now()
        return [pack(connection, config, self.destination, push, twins, at) for push in pushes]

    def lots(self, packed: Sequence[Parcel]) -> list[list[list[Parcel]]]:
        """New things together where the action takes several. Other parcels that say the same go one after the other:
        the second sees what the first did."""
        groups: defaultdict[str, list[list[Parcel]]] = defaultdict(list)
        new: list[Parcel] = []
        for parcel in packed:
            if self._together(parcel) is not None:
                new.append(parcel)
            else:
                groups[parcel.fingerprint].append([parcel])
        how = self._together(new[0]) if new else None
        together = [[load] for load in chunks(new, how.most)] if how is not None else []
        return [*together, *groups.values()]

    async def take(self, load: Sequence[Parcel]) -> list[Fate]:
        how = self._together(load[0])
        if how is not None:
            return await self._many(how, load)
        carrier = hand_over.Carrier(self.house, self._connector, self.destination)
        return [await self._one(carrier, parcel) for parcel in load]

    @property
    def _connector(self) -> Connector:
        return self.house.connectors.get(self.destination.connector)

    def _together(self, parcel: Parcel) -> Together | None:
        """How it is created with others; None for what is there already, gone, or created alone."""
        if parcel.gone or parcel.doubt is not None or hand_over.is_there(parcel):
            return None
        action = self._connector.actions.get(parcel.rule.creation)
        return action.together if action is not None else None

    async def _many(self, how: Together, load: Sequence[Parcel]) -> list[Fate]:
        name, things = load[0].rule.creation, [parcel.input for parcel in load]
        action = find_action(self._connector, name)
        made = await create_together(self.house, self._connector, self.destination, name, how, things)
        return [self._fate(action, parcel, one) for parcel, one in zip(load, made, strict=True)]

    def _fate(self, action: Action, parcel: Parcel, made: Made) -> Fate:
        if isinstance(made, Exception):
            return made
        try:
            link = link_of(self._connector, parcel, action, parcel.rule.creation, made)
        except UnexpectedResponse as error:
            return error
        return Handed(parcel.fingerprint, False, link)

    async def _one(self, carrier: hand_over.Carrier, parcel: Parcel) -> Fate:
        try:
            return await carrier.take(parcel)
        except StoreUnavailable:
            raise
        except Exception as error:  # a bug too: it is this parcel's alone
            return error

    async def refuse(self, error: Exception) -> None:
        await refuse(self.house, self.destination, error)

    async def close(self) -> None:
        made = self.house.tally.take(self.destination.id)
        await self.house.store.database.write(lambda connection: tally.save(connection, self.destination.id, made))
