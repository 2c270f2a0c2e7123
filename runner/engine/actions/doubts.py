"""Creations whose outcome is not known: the trace that is left before they are sent, and how it is settled later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from runner.connector.action import Action, Find
from runner.connector.connector import Connector
from runner.engine.actions.act import find_action, perform
from runner.engine.actions.seek import alike, can_look
from runner.engine.house import House
from runner.engine.links.parcel import Parcel, fingerprint
from runner.errors import PartnerError, PushError, RecordSkipped, RunnerError, UnexpectedResponse
from runner.model.integration import Integration
from runner.model.push import Doubt, Link
from runner.model.record import as_id
from runner.store import doubts, links
from runner.store.columns import utc_text


@dataclass(frozen=True)
class Doubts:
    """The creations at one destination that may have arrived or not."""

    house: House
    connector: Connector
    destination: Integration

    async def leave(self, parcel: Parcel, doubt: Doubt) -> None:
        """Leave a durable trace before a creation is sent that must not be sent twice."""
        push = parcel.push
        await self.house.store.database.write(
            lambda connection: doubts.put(connection, push.integration_id, push.id, doubt)
        )

    async def clear(self, parcel: Parcel) -> None:
        """The outcome is known."""
        await self.house.store.database.write(lambda connection: doubts.clear(connection, parcel.push.id))

    async def settle(self, parcel: Parcel, sent: Doubt) -> Parcel:
        """Look whether the earlier try did create the thing: then it is ours, as it was sent."""
        if parcel.link is not None:
            return parcel
        action, push = find_action(self.connector, parcel.rule.creation), parcel.push
        looks = can_look(action.find, sent.input)
        link = await self._search(parcel, action, action.find, sent.input) if action.find and looks else None
        if link is not None:
            return await self._adopted(parcel, sent, link)
        if action.idempotency is not None:
            return await self._repeat(parcel, action, sent)
        if not looks:
            raise PushError(
                f"unknown outcome: an earlier `{parcel.rule.creation}` may have arrived, and the connector cannot look "
                f"for it (look there; if it is there, `runner links set {push.integration_id[:8]} {push.kind} "
                f"{push.external_id} HOST_ID`, then `runner replay pushes {push.id}`)",
                retry=False,
            )
        return parcel

    async def _repeat(self, parcel: Parcel, action: Action, sent: Doubt) -> Parcel:
        """Send the same once more, by the same key: the partner does it once, and says this time how it ended. A
        refusal means that the earlier try was refused too."""
        name = parcel.rule.creation
        try:
            origin = origin_of(parcel, sent)
            result = await perform(self.house, self.connector, self.destination, name, sent.input, origin)
        except (UnexpectedResponse, RecordSkipped, PushError) as error:
            if is_unknown(error):
                raise
            await self.clear(parcel)
            return replace(parcel, doubt=None)
        return await self._adopted(parcel, sent, link_of(self.connector, parcel, action, name, result))

    async def _adopted(self, parcel: Parcel, sent: Doubt, link: Link | None) -> Parcel:
        """The parcel of a thing that an earlier try made. The link, if there is one, takes the place of the doubt."""
        if link is not None:
            await self.house.store.database.write(lambda connection: _adopt(connection, parcel, link))
        taken = replace(parcel.push, fingerprint=fingerprint(sent.input), archived=False)
        return replace(parcel, link=link, push=taken, doubt=None)

    async def _search(self, parcel: Parcel, action: Action, find: Find, sent: dict[str, Any]) -> Link | None:
        push = parcel.push
        for item in await alike(self.house, self.connector, self.destination, find, sent):
            host_id = as_id(action.result["id"].search(item)) if "id" in action.result else None
            if host_id is not None and not await self._is_taken(parcel, host_id):
                return Link(push.integration_id, push.kind, push.external_id, push.destination, host_id, "pushed")
        return None

    async def _is_taken(self, parcel: Parcel, host_id: str) -> bool:
        """Whether another record is linked to it already. A link of this one was stored late, by the try that broke
        off: whoever took that for another's would create it twice."""
        push = parcel.push
        found = await self.house.store.database.read(
            lambda connection: links.find(connection, destination=push.destination, kind=push.kind, host_id=host_id)
        )
        own = (push.integration_id, push.external_id)
        return any((link.integration_id, link.external_id) != own for link in found)


def link_of(connector: Connector, parcel: Parcel, action: Action, name: str, result: dict[str, Any]) -> Link | None:
    """What the host calls the thing, by what the action kept of its answer; None where it tells no id."""
    if "id" not in result:
        return None
    host_id = as_id(result["id"])
    if host_id is None:
        rule = action.result.get("id") or (action.together and action.together.id)
        raise UnexpectedResponse(
            f"{connector.title} `{name}` was answered, and `{rule}` is no id (mend `result`)",
            unsure=True,
        )
    push = parcel.push
    return Link(push.integration_id, push.kind, push.external_id, push.destination, host_id, "pushed")


def _adopt(connection: Connection, parcel: Parcel, link: Link) -> None:
    links.put(connection, link)
    doubts.clear(connection, parcel.push.id)


def origin_of(parcel: Parcel, doubt: Doubt) -> str:
    """What all tries of one creation share, and no other creation has."""
    return f"{parcel.push.integration_id}:{parcel.push.id}:{parcel.rule.creation}:{utc_text(doubt.at)}"


def is_unknown(error: Exception) -> bool:
    """Whether the host may have done it all the same: unless it, or we, said no before anything was done."""
    return error.unsure if isinstance(error, PartnerError) else not isinstance(error, RunnerError)
