"""Hand one parcel over to the host: decide which actions, and never create the same thing twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from runner.connector.action import Action, Find
from runner.connector.connector import Connector
from runner.engine.act import find_action, perform
from runner.engine.house import House
from runner.engine.parcel import Parcel, fingerprint
from runner.engine.payloads import payloads
from runner.errors import PartnerUnavailable, PushError, RecordSkipped, RunnerError, UnexpectedResponse
from runner.model.integration import Integration
from runner.model.push import Link
from runner.model.record import as_id
from runner.store import doubts, links, pushes


@dataclass(frozen=True)
class Handed:
    """What the host has now. `fingerprint` is of the input that it took; `link` its id, when it tells one."""

    fingerprint: str | None
    archived: bool
    link: Link | None = None
    note: str | None = None


@dataclass(frozen=True)
class Counter:
    """Where parcels are handed over: one destination."""

    house: House
    connector: Connector
    destination: Integration

    async def take(self, parcel: Parcel) -> Handed:
        """Bring the host to where the record is. Raises the PartnerError family and PushError."""
        if parcel.doubt is not None:
            parcel = await self._settle_doubt(parcel, parcel.doubt)
        if parcel.gone:
            return await self._archive(parcel)
        if not _is_there(parcel):
            return await self._create(parcel)
        try:
            return await self._change(parcel)
        except RecordSkipped:
            return await self._create_anew(parcel)

    async def _create(self, parcel: Parcel) -> Handed:
        action = find_action(self.connector, parcel.rule.create)
        if not action.may_repeat:
            await self._doubt(parcel)
        try:
            result = await self._perform(parcel.rule.create, parcel.input)
        except RecordSkipped as error:
            await self._clear(parcel)
            raise PushError(str(error), retry=False) from error
        except Exception as error:
            if not action.may_repeat and not _is_unknown(error):
                await self._clear(parcel)
            raise
        return Handed(parcel.fingerprint, False, self._link(parcel, action, parcel.rule.create, result))

    async def _change(self, parcel: Parcel) -> Handed:
        """Restore what was archived, and update what changed."""
        rule, push, note = parcel.rule, parcel.push, None
        if push.archived:
            if rule.restore is None:
                return await self._create(parcel)
            await self._perform(rule.restore, self._known(parcel, rule.restore))
        if parcel.fingerprint != push.fingerprint:
            if rule.update is not None:
                await self._perform(rule.update, self._known(parcel, rule.update))
            elif parcel.link is None:
                return await self._create(parcel)
            else:
                note = f"it changed, and rule `{push.rule}` has no update"
        return Handed(parcel.fingerprint, False, parcel.link, note)

    async def _create_anew(self, parcel: Parcel) -> Handed:
        """The host lost it: forget its id, and create it once more."""
        if parcel.link is not None:
            link = parcel.link
            await self.house.store.database.write(
                lambda connection: links.remove(
                    connection, link.integration_id, link.destination, link.kind, link.external_id
                )
            )
        fresh = replace(parcel.push, archived=False, fingerprint=None)
        return await self._create(replace(parcel, link=None, push=fresh))

    async def _archive(self, parcel: Parcel) -> Handed:
        rule, push = parcel.rule, parcel.push
        if not _is_there(parcel):
            return Handed(None, push.archived, None, "it is inactive, and the host never had it")
        if push.archived or rule.archive is None:
            note = None if rule.archive else f"it is inactive, and rule `{push.rule}` has no archive"
            return Handed(push.fingerprint, push.archived, parcel.link, note)
        sent = push.fingerprint or parcel.fingerprint
        if parcel.link is None and await self._stands_elsewhere(parcel, sent):
            return Handed(sent, True, None, "another record keeps it at the host")
        try:
            await self._perform(rule.archive, self._known(parcel, rule.archive))
        except RecordSkipped:
            return Handed(sent, True, parcel.link, "the host did not have it any more")
        return Handed(sent, True, parcel.link)

    async def _stands_elsewhere(self, parcel: Parcel, sent: str) -> bool:
        return await self.house.store.database.read(
            lambda connection: pushes.stands_elsewhere(connection, parcel.push, sent)
        )

    async def _perform(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        return await perform(self.house, self.connector, self.destination, name, given)

    def _known(self, parcel: Parcel, name: str) -> dict[str, Any]:
        """The input of an action on something that is there: its id, and of the rest what the action declares."""
        declared = find_action(self.connector, name).input
        own = {"id": parcel.link.host_id} if parcel.link else {}
        return {key: value for key, value in (parcel.input | own).items() if key in declared}

    def _link(self, parcel: Parcel, action: Action, name: str, result: dict[str, Any]) -> Link | None:
        if "id" not in action.result:
            return None
        host_id = as_id(result["id"])
        if host_id is None:
            raise UnexpectedResponse(
                f"{self.connector.title} `{name}` was answered, but `{action.result['id']}` gives no id (mend `result`)"
            )
        push = parcel.push
        return Link(push.integration_id, push.kind, push.external_id, push.destination, host_id, "pushed")

    # Creations whose outcome is not known

    async def _doubt(self, parcel: Parcel) -> None:
        """Leave a durable trace before a creation is sent that must not be sent twice."""
        push, at = parcel.push, self.house.clock.now()
        await self.house.store.database.write(
            lambda connection: doubts.put(connection, push.integration_id, push.id, parcel.input, at)
        )

    async def _clear(self, parcel: Parcel) -> None:
        await self.house.store.database.write(lambda connection: doubts.clear(connection, parcel.push.id))

    async def _settle_doubt(self, parcel: Parcel, sent: dict[str, Any]) -> Parcel:
        """Look whether the earlier try did create the thing: then it is ours, as it was sent."""
        if parcel.link is not None:
            return parcel
        action, push = find_action(self.connector, parcel.rule.create), parcel.push
        if action.find is None:
            raise PushError(
                f"unknown outcome: an earlier `{parcel.rule.create}` may have arrived, and the connector cannot look "
                f"for it (look there; if it is there, `runner links set {push.integration_id[:8]} {push.kind} "
                f"{push.external_id} HOST_ID`, then `runner replay pushes {push.id}`)",
                retry=False,
            )
        link = await self._search(parcel, action, action.find, sent)
        if link is None:
            return parcel
        await self.house.store.database.write(lambda connection: _adopt(connection, parcel, link))
        taken = replace(parcel.push, fingerprint=fingerprint(sent), archived=False)
        return replace(parcel, link=link, push=taken, doubt=None)

    async def _search(self, parcel: Parcel, action: Action, find: Find, sent: dict[str, Any]) -> Link | None:
        endpoint = self.connector.endpoints[find.endpoint]
        given = {name: rule.search(sent) for name, rule in find.hand_over.items()}
        response = await self.house.caller.call(self.connector, endpoint, self.destination, input=given)
        wanted = [rule.search(sent) for rule in find.same]
        for item in payloads(endpoint, find.endpoint, response, is_first=True):
            if None in wanted or [rule.search(item) for rule in find.same] != wanted:
                continue
            host_id = as_id(action.result["id"].search(item)) if "id" in action.result else None
            if host_id is not None and not await self._is_taken(parcel, host_id):
                push = parcel.push
                return Link(push.integration_id, push.kind, push.external_id, push.destination, host_id, "pushed")
        return None

    async def _is_taken(self, parcel: Parcel, host_id: str) -> bool:
        """Whether another record is linked to it already."""
        push = parcel.push
        found = await self.house.store.database.read(
            lambda connection: links.find(connection, destination=push.destination, kind=push.kind, host_id=host_id)
        )
        return bool(found)


def _adopt(connection: Connection, parcel: Parcel, link: Link) -> None:
    links.put(connection, link)
    doubts.clear(connection, parcel.push.id)


def _is_there(parcel: Parcel) -> bool:
    """Whether the host has it: by its id, or (for things without one) since it took the input once."""
    return parcel.link is not None or parcel.push.fingerprint is not None


def _is_unknown(error: Exception) -> bool:
    """Whether the host may have done it all the same: unless it, or we, said no before anything was done."""
    if isinstance(error, PartnerUnavailable):
        return error.sent
    if isinstance(error, UnexpectedResponse):
        return error.status is None or error.status < 300
    return not isinstance(error, RunnerError)
