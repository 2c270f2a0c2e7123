"""An action that the host or an operator asks for: done once by its key, whatever breaks on the way.

The act is remembered before anything is sent. The same key is the same act: what came of it is told again. One that
broke off is settled by what the connector offers: the partner's own key, a repetition that does no harm, or a look
whether the thing is there; where it offers none of these, the outcome stays unknown, and is not tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Connection

from runner.connector.action import Action
from runner.connector.connector import Connector
from runner.engine.actions.act import act, check_input
from runner.engine.actions.seek import alike, can_look
from runner.engine.actions.upload import Hear
from runner.engine.house import House
from runner.engine.links.parcel import fingerprint
from runner.errors import (
    ActionRefused,
    BadInput,
    KeyReused,
    MappingError,
    NotFound,
    PartnerError,
    RecordSkipped,
    RunnerError,
    StoreUnavailable,
    Underway,
    UnexpectedResponse,
    UnknownOutcome,
)
from runner.model.act import Act, ActState
from runner.model.integration import Integration
from runner.model.record import as_id
from runner.store import acts, links, processes
from runner.store.queue import process_id

LONGEST = timedelta(minutes=30)
"""How long an act may be under way; later it counts as broken off: the process that began it has most likely died. Of
one that is known to be gone it is broken off at once."""


@dataclass(frozen=True)
class Done:
    """What came of an act. `repeated` says that it was done earlier, by the same key."""

    key: str
    result: dict[str, Any] = field(repr=False)
    repeated: bool = False


async def once(
    house: House,
    integration: Integration,
    name: str,
    given: Mapping[str, Any],
    key: str | None = None,
    hear: Hear | None = None,
) -> Done:
    """Do an action; without a key of the caller's it gets one of its own.

    Raises BadInput; ActionRefused with the partner's own words; UnknownOutcome, which says what to do with the key;
    Underway and KeyReused; and others of the PartnerError family where it was not done and can be asked for again.
    """
    connector = house.connectors.get(integration.connector)
    if name in reserved(connector):
        raise NotFound(f"{connector.connector}: `{name}` is a step of the runner's own, and not to be asked for")
    action = check_input(connector, name, given)
    plain = {word: str(value) if isinstance(value, Path) else value for word, value in given.items()}
    if b"\\u0000" in orjson.dumps(plain).replace(b"\\\\", b""):
        raise BadInput(
            f"{connector.title} `{name}`: a text holds the character NUL, which no database takes (leave it out)"
        )
    mark, now, mine = fingerprint(plain), house.clock.now(), process_id()
    wanted = Act(integration.id, key or uuid4().hex, name, plain, mark, now, process=mine)
    former = await house.store.database.write(lambda c: acts.begin(c, wanted))
    work = _Work(house, connector, integration, action, given, hear)
    if former is None:
        return await work.do(wanted)
    if (former.action, former.fingerprint) != (wanted.action, wanted.fingerprint):
        raise KeyReused(f"the key was used for `{former.action}` with another input (take a key of its own for each)")
    return await work.repeat(former)


def reserved(connector: Connector) -> set[str]:
    """Actions by which the runner sees to webhooks and sends files in pieces: nobody else has what they read."""
    webhooks = connector.webhooks
    uploads = [action.upload for action in connector.actions.values() if action.upload is not None]
    steps = {name for upload in uploads for name in upload.actions.values()}
    if webhooks is None:
        return steps
    confirm = getattr(webhooks.handshake, "action", None)
    return {*steps, *(webhooks.subscription.actions if webhooks.subscription else ()), *([confirm] if confirm else [])}


def offered(connector: Connector) -> dict[str, Action]:
    """The actions that a host or an operator may ask for."""
    steps = reserved(connector)
    return {name: action for name, action in connector.actions.items() if name not in steps}


@dataclass(frozen=True)
class _Work:
    """One act, with the input as it was given: files on the disk are paths."""

    house: House
    connector: Connector
    integration: Integration
    action: Action
    given: Mapping[str, Any]
    hear: Hear | None

    async def do(self, begun: Act) -> Done:
        origin = f"{self.integration.id}:act:{begun.key}"
        try:
            result = await act(self.house, self.integration, begun.action, self.given, self.hear, origin)
        except (PartnerError, MappingError) as error:
            raise await self._failed(begun, error) from error
        except StoreUnavailable:
            raise  # it may be done, and only its figures not stored: it stays under way, and is settled later
        except RunnerError:
            await self._write(lambda c: acts.forget(c, begun))
            raise
        await self._end(begun, ActState.DONE, result=result, made_id=as_id(result.get("id")))
        return Done(begun.key, result)

    async def repeat(self, former: Act) -> Done:
        """The same key once more."""
        if former.state is ActState.DONE:
            return Done(former.key, former.result or {}, repeated=True)
        if former.state is ActState.REFUSED:
            raise _refused(former.note or "", former.words, former.status)
        now = self.house.clock.now()
        if former.state is ActState.SENT and now < former.at + LONGEST and not await self._is_orphan(former):
            raise _underway(former)
        if not self.is_settled_later:
            note = former.note or "the runner ended before the partner answered"
            await self._write(lambda c: acts.move(c, former, replace(former, state=ActState.UNKNOWN, note=note)))
            raise self._unknown(former.key, note, former.words, former.status)
        again = replace(former, state=ActState.SENT, at=now, process=process_id())
        if not await self.house.store.database.write(lambda c: acts.move(c, former, again)):
            raise _underway(again)
        return await self._settle(again)

    @property
    def is_settled_later(self) -> bool:
        """Whether it can be found out, or repeated without harm."""
        return self.action.may_repeat or can_look(self.action.find, self.given)

    async def _settle(self, doubtful: Act) -> Done:
        if self.action.may_repeat or self.action.find is None:
            return await self.do(doubtful)
        try:
            found = await alike(self.house, self.connector, self.integration, self.action.find, doubtful.input)
        except RunnerError:
            await self._end(doubtful, ActState.UNKNOWN, note=doubtful.note)
            raise
        for item in found:
            result = {name: rule.search(item) for name, rule in self.action.result.items()}
            made = as_id(result.get("id"))
            if made is not None and not await self._is_taken(doubtful, made):
                await self._end(doubtful, ActState.DONE, result=result, made_id=made)
                return Done(doubtful.key, result, repeated=True)
        return await self.do(doubtful)

    async def _is_orphan(self, former: Act) -> bool:
        """Whether the process that began it is known to be gone."""
        process, now = former.process, self.house.clock.now()
        if process is None:
            return False
        return await self.house.store.database.read(lambda c: processes.is_gone(c, process, processes.clock(c, now)))

    async def _is_taken(self, doubtful: Act, made: str) -> bool:
        """Whether an act or a push made that thing, which this one then did not."""

        def look(connection: Connection) -> bool:
            known = acts.is_made(connection, self.integration.id, doubtful.action, made)
            return known or bool(links.find(connection, destination=self.integration.id, host_id=made, limit=1))

        return await self.house.store.database.read(look)

    async def _failed(self, begun: Act, error: PartnerError | MappingError) -> RunnerError:
        """What the caller is told, once it is remembered or, where nothing was done, forgotten."""
        if isinstance(error, PartnerError) and error.unsure:
            told = {"note": str(error), "words": error.words, "status": error.status}
            await self._end(begun, ActState.UNKNOWN, **told)
            return self._unknown(begun.key, str(error), error.words, error.status)
        if isinstance(error, UnexpectedResponse | RecordSkipped):
            told = {"note": str(error), "words": error.words, "status": error.status}
            await self._end(begun, ActState.REFUSED, **told)
            return _refused(str(error), error.words, error.status)
        await self._write(lambda c: acts.forget(c, begun))
        if isinstance(error, MappingError):
            return BadInput(f"{self.connector.title} `{begun.action}` cannot be written with this input: {error}")
        return error

    async def _end(self, begun: Act, state: ActState, **more: Any) -> None:
        await self._write(lambda c: acts.end(c, begun, replace(begun, state=state, **more)))

    async def _write(self, work: Callable[[Connection], object]) -> None:
        await self.house.store.database.write(work)

    def _unknown(self, key: str, why: str, words: str, status: int | None) -> UnknownOutcome:
        if self.is_settled_later:
            remedy = f"ask again with the key {key}: it is then looked for, or sent so that it is done once"
        else:
            remedy = f"look at {self.connector.title}; if it is not there, ask with another key than {key}"
        error = UnknownOutcome(f"nobody knows whether it was done: {_without_remedy(why)} ({remedy})", status=status)
        error.words, error.unsure = words, True
        return error


def _refused(note: str, words: str, status: int | None) -> ActionRefused:
    error = ActionRefused(note, status=status)
    error.words = words
    return error


def _without_remedy(text: str) -> str:
    """A message without the remedy in parentheses that it may end with."""
    head, bracket, _ = text.rpartition(" (")
    return head if bracket and text.endswith(")") else text


def _underway(former: Act) -> Underway:
    return Underway(
        f"`{former.action}` with this key is under way since {former.at:%H:%M:%S} UTC (ask again with the same key; "
        f"should the process that does it have ended, that helps from {former.at + LONGEST:%H:%M:%S} UTC on)"
    )
