"""Send the files of an action: whole with its own call, or in pieces, from where an earlier try broke off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson

from runner.components.uploads.base import Append, Finish, Heard, Start, Step, Upload
from runner.components.uploads.checksum import Blocks
from runner.connector.action import Action
from runner.connector.connector import Connector
from runner.engine.abreast import abreast
from runner.engine.actions.pieces import Pieces
from runner.engine.house import House
from runner.errors import FileChanged, ResyncNeeded, UnexpectedResponse
from runner.model.file import File, in_memory
from runner.model.http import Response
from runner.model.integration import Integration
from runner.model.record import as_id
from runner.store import uploads
from runner.store.uploads import Piece, Sent

MOST_STARTS = 3
"""How often an upload begins anew, because the file changed or the partner lost the session."""
OPTIONS = {Start: "start", Append: "append", Finish: "finish"}
"""By the kind of a step, the option of `upload` that names its action."""
Hear = Callable[[int, int], None]
"""Is told how many bytes of how many are with the partner."""
Send = Callable[[Action, Mapping[str, Any]], Awaitable[Response]]
"""Makes the call of an action."""
Given = Mapping[str, Any]


async def send_files(
    house: House, integration: Integration, connector: Connector, name: str, given: Given, send: Send, hear: Hear | None
) -> Response:
    """The answer to an action with its files in place of their addresses; of one in pieces, that of the last call.

    Raises as `Caller.call`, FileUnreadable for what cannot be fetched, FileChanged when that changes again and again,
    UnexpectedResponse when the partner has other bytes than were sent.
    """
    action = connector.actions[name]
    for start in range(1, MOST_STARTS + 1):
        found = {key: await house.files.find(given[key]) for key in action.files if given.get(key) is not None}
        try:
            if action.upload is None or action.upload.file not in found:
                return await send(action, {**given, **found})
            sending = _Sending(house, integration, connector, name, action.upload, {**given, **found}, send, hear)
            return await sending.send(_key(integration, name, action, given, found))
        except FileChanged:
            if start == MOST_STARTS:
                raise
        except ResyncNeeded:
            if action.upload is None or start == MOST_STARTS:
                raise
    raise AssertionError("the last start returns or raises")


def _key(integration: Integration, name: str, action: Action, given: Given, found: Mapping[str, File]) -> str:
    """What an upload and its continuation share, and no other has: where to, what, and which version of the file.
    Without the query of an address, where a signature may be new each time."""
    others = {key: value for key, value in given.items() if key not in action.files}
    files = {key: [_place(given[key]), file.version] for key, file in found.items()}
    told = orjson.dumps([integration.id, name, others, files], option=orjson.OPT_SORT_KEYS)
    return blake2b(told, digest_size=24).hexdigest()


def _place(where: str | Path) -> str:
    return str(where) if isinstance(where, Path) else urlunsplit(urlsplit(where)._replace(query="", fragment=""))


@dataclass
class _Sending:
    """One file on its way in one session. `has` are the pieces that the partner has, by their beginning."""

    house: House
    integration: Integration
    connector: Connector
    name: str
    upload: Upload
    given: Given
    call: Send
    hear: Hear | None
    has: dict[int, Piece] = field(default_factory=dict)
    session: str | None = None

    @property
    def file(self) -> File:
        found: File = self.given[self.upload.file]
        return found

    async def send(self, key: str) -> Response:
        """The last answer, once the hash is found to be right."""
        if self.upload.takes_whole(self.file.size):
            return await self._whole()
        known = None
        if self.file.version:  # else the rest may be that of another file
            known = await self.house.store.database.read(lambda connection: uploads.get(connection, key))
        try:
            answer = await self._walk(key, known)
        except ResyncNeeded:
            await self.house.store.database.write(lambda connection: uploads.end(connection, key))
            raise
        await self.house.store.database.write(lambda connection: uploads.end(connection, key))
        self._compare(b"".join(piece.digests for _, piece in sorted(self.has.items())), answer)
        return answer

    async def _whole(self) -> Response:
        seen = _Seen(self.upload, self.hear, self.file.size)
        given = {**self.given, self.upload.file: self.file.watched(seen.see)}
        answer = await self.call(self.connector.actions[self.name], given)
        self._compare(seen.digests, answer)
        return answer

    async def _walk(self, key: str, known: Sent | None) -> Response:
        """Turn by turn. Before each, what is confirmed is stored: a killed process goes on there."""
        self.session, size = known.session if known else None, self.file.size
        self.has = {piece.begins: piece for piece in known.pieces} if known else {}
        stored = max((piece.ends for piece in self.has.values()), default=0)
        answers: list[Response] = []
        walk = self.upload.walk(size, self.session, stored)
        turn = next(walk)
        async with Pieces(self.file, self.house.clock) as pieces:
            while True:
                stored = await self._store(key, stored, turn.confirmed)
                if self.hear is not None:
                    self.hear(turn.confirmed, size)
                made = [(step, await self._piece(step, pieces)) for step in turn.steps]
                answers = await abreast(self._step(step, piece) for step, piece in made)
                made.clear()  # the next pieces come into their room
                heard = [self._heard(step, answer) for step, answer in zip(turn.steps, answers, strict=True)]
                if isinstance(turn.steps[0], Start):
                    stored = await self._begin(key, heard[0])
                try:
                    turn = walk.send(tuple(heard))
                except StopIteration:
                    return answers[-1]

    async def _begin(self, key: str, heard: Heard) -> int:
        if heard.session is None:
            raise UnexpectedResponse(
                f"{self.connector.title} opened a session for `{self.name}` without telling its id"
            )
        session, at = heard.session, self.house.clock.now()
        self.session, self.has = session, {}
        await self.house.store.database.write(
            lambda connection: uploads.begin(connection, key, self.integration.id, session, at)
        )
        return 0

    async def _store(self, key: str, stored: int, confirmed: int) -> int:
        """What is confirmed is kept, and what the partner has lost is not."""
        new = [piece for piece in self.has.values() if stored <= piece.begins < confirmed]
        at = self.house.clock.now()
        if confirmed < stored:
            self.has = {begins: piece for begins, piece in self.has.items() if begins < confirmed}
            await self.house.store.database.write(lambda connection: uploads.retreat(connection, key, confirmed))
        elif new:
            await self.house.store.database.write(
                lambda connection: uploads.advance(connection, key, self.integration.id, new, at)
            )
        return confirmed

    async def _piece(self, step: Step, pieces: Pieces) -> File:
        """The bytes of a step: read while they are sent, or held where the file can only be read from its beginning."""
        if not isinstance(step, Append):
            return in_memory(b"")
        if self.file.is_random:
            return self.file.part(step.offset, step.end)
        return in_memory(await pieces.take(step.offset, step.length), self.file.name)

    async def _step(self, step: Step, piece: File) -> Response:
        """The answer to a step; of a piece also the digests, taken on its way."""
        seen = _Seen(self.upload, None, piece.size)
        action = self._action(step)
        offered = {**self.given, "session": self.session, "offset": getattr(step, "offset", 0)}
        offered |= {"last": isinstance(step, Finish) or (isinstance(step, Append) and step.last)}
        offered |= {"piece": piece.watched(seen.see)}
        answer = await self.call(action, {key: offered.get(key) for key in action.input})
        if isinstance(step, Append):
            self.has[step.offset] = Piece(step.offset, step.end, seen.digests)
        return answer

    def _action(self, step: Step) -> Action:
        return self.connector.actions[self.upload.actions[OPTIONS[type(step)]]]

    def _heard(self, step: Step, answer: Response) -> Heard:
        rules = self._action(step).result
        session = rules["id"].search(answer.json) if isinstance(step, Start) else None
        offset = rules["offset"].search(answer.json) if "offset" in rules else None
        return Heard(as_id(session), offset if isinstance(offset, int) else None)

    def _compare(self, digests: bytes, answer: Response) -> None:
        """Both sides must have the same bytes."""
        checksum = self.upload.checksum
        if checksum is None:
            return
        ours = checksum.whole(digests)
        theirs = self.connector.actions[self.name].result[checksum.result].search(answer.json)
        if theirs != ours:
            raise UnexpectedResponse(
                f"{self.connector.title} `{self.name}`: the partner has other bytes than were sent: {checksum.digest} "
                f"{theirs} instead of {ours} (delete the file there, and send it again)"
            )


@dataclass
class _Seen:
    """What goes by while a whole file is sent; a new try begins anew."""

    upload: Upload
    hear: Hear | None
    size: int
    blocks: Blocks | None = None

    def see(self, at: int, piece: bytes) -> None:
        if not at and self.upload.checksum is not None:
            self.blocks = self.upload.checksum.blocks()
        if self.blocks is not None:
            self.blocks.update(piece)
        if self.hear is not None:
            self.hear(at + len(piece), self.size)

    @property
    def digests(self) -> bytes:
        return self.blocks.digests if self.blocks is not None else b""
