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
from runner.engine.resolve import BACKWARDS
from runner.engine.seek import alike, can_look
from runner.engine.together import create_together
from runner.errors import PartnerError, PushError, RecordSkipped, RunnerError, UnexpectedResponse
from runner.model.integration import Integration
from runner.model.push import Doubt, Link
from runner.model.record import as_id
from runner.store import doubts, links, pushes
from runner.store.columns import utc_text


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
        if not is_there(parcel):
            return await self._create(parcel)
        try:
            return await self._change(parcel)
        except RecordSkipped:
            return await self._create_anew(parcel)

    async def _create(self, parcel: Parcel) -> Handed:
        action, name = find_action(self.connector, parcel.rule.creation), parcel.rule.creation
        doubt = Doubt(parcel.input, self.house.clock.now())
        if action.leaves_doubt:
            await self._doubt(parcel, doubt)
        try:
            result = await self._make(name, action, parcel.input, _origin(parcel, doubt))
        except RecordSkipped as error:
            if not error.unsure:
                await self._clear(parcel)
            raise PushError(str(error), retry=False) from error
        except Exception as error:
            if action.leaves_doubt and not _is_unknown(error):
                await self._clear(parcel)
            raise
        return Handed(parcel.fingerprint, False, self.link(parcel, action, name, result))

    async def _change(self, parcel: Parcel) -> Handed:
        """Restore what was archived, and update what changed."""
        rule, push, note = parcel.rule, parcel.push, None
        if push.archived:
            if rule.restore is None:
                return await self._create(parcel)
            await self._change_by(parcel, rule.restore)
        if parcel.is_news:
            if rule.update is not None:
                await self._change_by(parcel, rule.update)
            elif parcel.link is None:
                return await self._create(parcel)
            else:
                note = f"it changed, and rule `{push.rule}` has no update"
        return Handed(parcel.fingerprint, False, parcel.link, note)

    async def _create_anew(self, parcel: Parcel) -> Handed:
        """The host lost it: forget its id, and create it once more. What began over there is not ours to make anew."""
        if parcel.link is not None and parcel.link.how == BACKWARDS:
            raise PushError(f"{parcel.link.host_id} is not there any more at {self.connector.title}", retry=False)
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
        if not is_there(parcel):
            return Handed(None, push.archived, None, "it is inactive, and the host never had it")
        if push.archived or rule.archive is None:
            note = None if rule.archive else f"it is inactive, and rule `{push.rule}` has no archive"
            return Handed(push.fingerprint, push.archived, parcel.link, note)
        sent = push.fingerprint or parcel.fingerprint
        if parcel.link is None and await self._stands_elsewhere(parcel, sent):
            return Handed(sent, True, None, "another record keeps it at the host")
        try:
            await self._change_by(parcel, rule.archive)
        except RecordSkipped:
            return Handed(sent, True, parcel.link, "the host did not have it any more")
        return Handed(sent, True, parcel.link)

    async def _stands_elsewhere(self, parcel: Parcel, sent: str) -> bool:
        return await self.house.store.database.read(
            lambda connection: pushes.stands_elsewhere(connection, parcel.push, sent)
        )

    async def _change_by(self, parcel: Parcel, name: str) -> None:
        """An action on something that is there. The next mark of the record is another change, even back to before."""
        given, push = self._known(parcel, name), parcel.push
        origin = f"{push.integration_id}:{push.id}:{name}:{push.marks}:{fingerprint(given)}"
        await self._perform(name, given, origin)

    async def _make(self, name: str, action: Action, given: dict[str, Any], origin: str) -> dict[str, Any]:
        """Create it, alone where the action takes several."""
        if action.together is None:
            return await self._perform(name, given, origin)
        (made,) = await create_together(self.house, self.connector, self.destination, name, action.together, [given])
        if isinstance(made, Exception):
            raise made
        return made

    async def _perform(self, name: str, given: dict[str, Any], origin: str) -> dict[str, Any]:
        return await perform(self.house, self.connector, self.destination, name, given, origin)

    def _known(self, parcel: Parcel, name: str) -> dict[str, Any]:
        """The input of an action on something that is there: its id, and of the rest what the action declares."""
        declared = find_action(self.connector, name).input
        own = {"id": parcel.link.host_id} if parcel.link else {}
        news = parcel.merged.changed if parcel.merged else None
        wanted = {key for key, one in declared.items() if news is None or key in news or key in own or one.required}
        return {key: value for key, value in (parcel.input | own).items() if key in wanted}

    def link(self, parcel: Parcel, action: Action, name: str, result: dict[str, Any]) -> Link | None:
        """What the host calls the thing, by what the action kept of its answer; None where it tells no id."""
        if "id" not in result:
            return None
        host_id = as_id(result["id"])
        if host_id is None:
            rule = action.result.get("id") or (action.together and action.together.id)
            raise UnexpectedResponse(
                f"{self.connector.title} `{name}` was answered, and `{rule}` is no id (mend `result`)",
                unsure=True,
            )
        push = parcel.push
        return Link(push.integration_id, push.kind, push.external_id, push.destination, host_id, "pushed")

    # Creations whose outcome is not known

    async def _doubt(self, parcel: Parcel, doubt: Doubt) -> None:
        """Leave a durable trace before a creation is sent that must not be sent twice."""
        push = parcel.push
        await self.house.store.database.write(
            lambda connection: doubts.put(connection, push.integration_id, push.id, doubt)
        )

    async def _clear(self, parcel: Parcel) -> None:
        await self.house.store.database.write(lambda connection: doubts.clear(connection, parcel.push.id))

    async def _settle_doubt(self, parcel: Parcel, sent: Doubt) -> Parcel:
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
            result = await self._perform(name, sent.input, _origin(parcel, sent))
        except (UnexpectedResponse, RecordSkipped, PushError) as error:
            if _is_unknown(error):
                raise
            await self._clear(parcel)
            return replace(parcel, doubt=None)
        return await self._adopted(parcel, sent, self.link(parcel, action, name, result))

    async def _adopted(self, parcel: Parcel, sent: Doubt, link: Link | None) -> Parcel:
        """The parcel of a thing that an earlier try made. The link, if there is one, takes the place of the doubt."""
        if link is not None:
            await self.house.store.database.write(lambda connection: _adopt(connection, parcel, link))
        taken = replace(parcel.push, fingerprint=fingerprint(sent.input), archived=False)
        return replace(parcel, link=link, push=taken, doubt=None)

    async def _search(self, parcel: Parcel, action: Action, find: Find, sent: dict[str, Any]) -> Link | None:
        for item in await alike(self.house, self.connector, self.destination, find, sent):
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


def _origin(parcel: Parcel, doubt: Doubt) -> str:
    """What all tries of one creation share, and no other creation has."""
    return f"{parcel.push.integration_id}:{parcel.push.id}:{parcel.rule.creation}:{utc_text(doubt.at)}"


def is_there(parcel: Parcel) -> bool:
    """Whether the host has it: by its id, or (for things without one) since it took the input once."""
    return parcel.link is not None or parcel.push.fingerprint is not None


def _is_unknown(error: Exception) -> bool:
    """Whether the host may have done it all the same: unless it, or we, said no before anything was done."""
    return error.unsure if isinstance(error, PartnerError) else not isinstance(error, RunnerError)
