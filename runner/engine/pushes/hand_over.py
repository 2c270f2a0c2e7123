"""Hand one parcel over to the host: decide which actions, and never create the same thing twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from runner.connector.action import Action
from runner.connector.connector import Connector
from runner.engine.actions.act import find_action, perform
from runner.engine.actions.doubts import Doubts, is_unknown, link_of, origin_of
from runner.engine.actions.together import create_together
from runner.engine.house import House
from runner.engine.links.parcel import Parcel, fingerprint
from runner.engine.links.resolve import BACKWARDS
from runner.errors import PushError, RecordSkipped
from runner.model.integration import Integration
from runner.model.push import Doubt, Link
from runner.store import links, pushes


@dataclass(frozen=True)
class Handed:
    """What the host has now. `fingerprint` is of the input that it took; `link` its id, when it tells one."""

    fingerprint: str | None
    archived: bool
    link: Link | None = None
    note: str | None = None


@dataclass(frozen=True)
class Carrier:
    """Takes parcels to one destination, each by the actions of its rule."""

    house: House
    connector: Connector
    destination: Integration

    @property
    def _doubts(self) -> Doubts:
        return Doubts(self.house, self.connector, self.destination)

    async def take(self, parcel: Parcel) -> Handed:
        """Bring the host to where the record is. Raises the PartnerError family and PushError."""
        if parcel.doubt is not None:
            parcel = await self._doubts.settle(parcel, parcel.doubt)
        if parcel.gone:
            return await self._archive(parcel)
        if not is_there(parcel):
            return await self._create(parcel)
        try:
            return await self._change(parcel)
        except RecordSkipped as error:
            return await self._create_anew(parcel, error)

    async def _create(self, parcel: Parcel) -> Handed:
        action, name = find_action(self.connector, parcel.rule.creation), parcel.rule.creation
        doubt = Doubt(parcel.input, self.house.clock.now())
        if action.leaves_doubt:
            await self._doubts.leave(parcel, doubt)
        try:
            result = await self._make(name, action, parcel.input, origin_of(parcel, doubt))
        except RecordSkipped as error:
            if not error.unsure:
                await self._doubts.clear(parcel)
            raise PushError(str(error), retry=False) from error
        except Exception as error:
            if action.leaves_doubt and not is_unknown(error):
                await self._doubts.clear(parcel)
            raise
        return Handed(parcel.fingerprint, False, link_of(self.connector, parcel, action, name, result))

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

    async def _create_anew(self, parcel: Parcel, lost: RecordSkipped) -> Handed:
        """The host lost it: forget its id, and create it once more. What began over there is not ours to make anew."""
        if parcel.link is not None and parcel.link.how == BACKWARDS:
            told = f"{parcel.link.host_id} is not there any more at {self.connector.title}"
            raise PushError(told, retry=False) from lost
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
        news = parcel.changed
        wanted = {key for key, one in declared.items() if news is None or key in news or key in own or one.required}
        return {key: value for key, value in (parcel.input | own).items() if key in wanted}


def is_there(parcel: Parcel) -> bool:
    """Whether the host has it: by its id, or (for things without one) since it took the input once."""
    return parcel.link is not None or parcel.push.fingerprint is not None
