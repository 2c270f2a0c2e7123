"""
Uploads, whole and in sessions.

Source: `files.stone` of the specification. A sequential session takes each piece at its end; a concurrent one takes
whole blocks anywhere. What was stored stays when the last step fails.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.dropbox_calls import Args, Caller
from runner.authoring.simulate.dropbox_errors import Unwritable, conflict, error, malformed, tagged
from runner.authoring.simulate.dropbox_files import Files
from runner.authoring.simulate.dropbox_options import DropboxOptions
from runner.authoring.simulate.dropbox_tree import content_hash
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row

MOST_ENTRIES = 1000
KINDS = ("sequential", "concurrent")


class Flaw(Exception):
    """An error of a session: as it is on append, inside of `lookup_failed` on finish."""

    def __init__(self, tag: str, **fields: int) -> None:
        super().__init__(tag)
        self.error = tagged(tag, **fields)


@dataclass
class Session:
    """Pieces by offset. `end` is where the next one of a sequential session belongs."""

    concurrent: bool
    made: datetime
    closed: bool = False
    pieces: dict[int, bytes] = field(default_factory=dict)

    @property
    def end(self) -> int:
        return sum(len(piece) for piece in self.pieces.values())

    def content(self) -> bytes:
        """Raises Flaw where a piece of a concurrent session is missing."""
        made = bytearray()
        for offset, piece in sorted(self.pieces.items()):
            if offset != len(made):
                raise Flaw("concurrent_session_missing_data")
            made += piece
        return bytes(made)


class Uploads:
    """The calls that take bytes."""

    def __init__(self, partner: Partner, files: Files, options: DropboxOptions) -> None:
        self._partner = partner
        self._files = files
        self._options = options
        self._sessions: dict[str, Session] = {}

    def whole(self, caller: Caller, args: Args, content: bytes) -> Row:
        self._judge_bytes(args, content)
        try:
            return self._files.commit(caller, args, content)
        except Unwritable as flaw:
            self._sessions[key := self._name()] = Session(concurrent=False, made=self._partner.now())
            raise Refusal(error(409, {".tag": "path", "reason": flaw.error, "upload_session_id": key})) from None

    def start(self, _: Caller, args: Args, content: bytes) -> Row:
        args.only("close", "session_type", "content_hash")
        concurrent, closed = self._kind(args), args.get("close", bool, False)
        if concurrent and content:
            raise conflict("concurrent_session_data_not_allowed")
        if concurrent and closed:
            raise conflict("concurrent_session_close_not_allowed")
        self._judge_bytes(args, content)
        key = self._name()
        self._sessions[key] = Session(concurrent, self._partner.now(), closed)
        if content:
            self._sessions[key].pieces[0] = content
        return {"session_id": key}

    def append(self, _: Caller, args: Args, content: bytes) -> None:
        args.only("cursor", "close", "content_hash")
        self._judge_bytes(args, content)
        try:
            self._add(args.inner("cursor"), content, close=args.get("close", bool, False))
        except Flaw as flaw:
            raise Refusal(error(409, flaw.error)) from None

    def append_batch(self, _: Caller, args: Args, content: bytes) -> Row:
        """One body for many sessions, cut by the lengths of the entries."""
        at, results = 0, []
        for entry in self._entries(args):
            length = entry.get("length", int)
            try:
                self._add(entry.inner("cursor"), content[at : at + length], close=entry.get("close", bool, False))
                results.append(tagged("success"))
            except Flaw as flaw:
                results.append({".tag": "failure", "failure": flaw.error})
            at += length
        return {"entries": results}

    def finish(self, caller: Caller, args: Args, content: bytes) -> Row:
        args.only("cursor", "commit", "content_hash")
        self._judge_bytes(args, content)
        cursor = args.inner("cursor")
        try:
            session = self._end(cursor, content)
            made = self._files.commit(caller, args.inner("commit"), session.content())
        except Flaw as flaw:
            raise Refusal(error(409, {".tag": "lookup_failed", "lookup_failed": flaw.error})) from None
        except Unwritable as flaw:
            raise flaw.inside("path") from None
        del self._sessions[cursor.get("session_id", str)]
        return made

    def start_batch(self, _: Caller, args: Args) -> Row:
        number = args.only("num_sessions", "session_type").get("num_sessions", int)
        if not 1 <= number <= MOST_ENTRIES:
            raise malformed(args.route, f"request body: num_sessions: {number} is not within 1 and {MOST_ENTRIES}")
        made = {self._name(): Session(self._kind(args), self._partner.now()) for _ in range(number)}
        self._sessions |= made
        return {"session_ids": list(made)}

    def finish_batch(self, caller: Caller, args: Args) -> Row:
        """`finish_batch_v2`: a result for each entry, in their order; the sessions must be closed."""
        return {"entries": [self._finish_one(caller, entry) for entry in self._entries(args)]}

    def _finish_one(self, caller: Caller, entry: Args) -> Row:
        cursor = entry.inner("cursor")
        try:
            session = self._find(cursor)
            if not session.closed:
                raise Flaw("not_closed")
            self._judge_offset(session, cursor)
            made = self._files.commit(caller, entry.inner("commit"), session.content())
        except Flaw as flaw:
            return {".tag": "failure", "failure": {".tag": "lookup_failed", "lookup_failed": flaw.error}}
        except Unwritable as flaw:
            return {".tag": "failure", "failure": {".tag": "path", "path": flaw.error}}
        del self._sessions[cursor.get("session_id", str)]
        return {".tag": "success", **made}

    # Sessions

    def _add(self, cursor: Args, content: bytes, *, close: bool) -> Session:
        session = self._find(cursor)
        if session.closed:
            raise Flaw("closed")
        if session.concurrent:
            self._judge_block(cursor.get("offset", int), content, close=close)
        else:
            self._judge_offset(session, cursor)
        if content:
            session.pieces[cursor.get("offset", int)] = content
        session.closed = close
        return session

    def _end(self, cursor: Args, content: bytes) -> Session:
        """The session with the last bytes."""
        session = self._find(cursor)
        if session.concurrent and content:
            raise Flaw("concurrent_session_data_not_allowed")
        if session.concurrent and not session.closed:
            raise Flaw("not_closed")
        self._judge_offset(session, cursor)
        if session.closed and content:
            raise Flaw("closed")
        if content:
            session.pieces[session.end] = content
        return session

    def _find(self, cursor: Args) -> Session:
        session = self._sessions.get(cursor.only("session_id", "offset").get("session_id", str))
        life = timedelta(seconds=self._options.session_lifetime)
        if session is None or session.made + life <= self._partner.now():
            raise Flaw("not_found")
        return session

    def _judge_offset(self, session: Session, cursor: Args) -> None:
        if cursor.get("offset", int) != session.end:
            raise Flaw("incorrect_offset", correct_offset=session.end)

    def _judge_block(self, offset: int, content: bytes, *, close: bool) -> None:
        if offset % self._options.block:
            raise Flaw("concurrent_session_invalid_offset")
        if len(content) % self._options.block and not close:
            raise Flaw("concurrent_session_invalid_data_size")

    def _kind(self, args: Args) -> bool:
        """Is it to be concurrent?"""
        tag = args.union("session_type", "sequential")[".tag"]
        if tag not in KINDS:
            raise malformed(args.route, f"request body: session_type: unknown tag '{tag}'")
        return bool(tag == "concurrent")

    def _judge_bytes(self, args: Args, content: bytes) -> None:
        if len(content) > self._options.most_bytes:
            raise conflict("payload_too_large")
        wanted = args.values.get("content_hash")
        if wanted is not None and wanted != content_hash(content, self._options.hash_block):
            raise conflict("content_hash_mismatch")

    def _entries(self, args: Args) -> list[Args]:
        entries = args.only("entries").get("entries", list)
        if len(entries) > MOST_ENTRIES:
            raise malformed(args.route, f"request body: entries: list must not have more than {MOST_ENTRIES} items")
        return [Args(args.route, entry) for entry in entries]

    def _name(self) -> str:
        return f"pid_upload_session:{self._partner.dice.mint('session')[:20]}"
