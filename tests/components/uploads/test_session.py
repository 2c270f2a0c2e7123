from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from runner.components.block import adapter
from runner.components.catalog import UPLOADS
from runner.components.uploads.base import Append, Finish, Heard, Start, Turn, Walk
from runner.components.uploads.checksum import Checksum
from runner.components.uploads.session import MOST_SETBACKS, UploadSession
from runner.errors import ResyncNeeded, UnexpectedResponse

NAMES = {"file": "file", "start": "begin", "append": "add", "finish": "end"}


def session(**options: object) -> UploadSession:
    block = {"type": "session", "whole_up_to": 4, "chunk": 4, **NAMES, **options}
    made = adapter(UPLOADS).validate_python(block)
    assert isinstance(made, UploadSession)
    return made


@dataclass
class Partner:
    """Takes pieces in their order and says where it is; `has` are its bytes. Every try is answered, some twice."""

    lost: list[int] = field(default_factory=list)
    has: int = 0
    sent: list[tuple[int, int]] = field(default_factory=list)
    finished: int | None = None

    def hear(self, turn: Turn) -> tuple[Heard, ...]:
        return tuple(self._hear(step) for step in turn.steps)

    def _hear(self, step: object) -> Heard:
        if isinstance(step, Start):
            return Heard(session="s-1")
        if isinstance(step, Append):
            self.sent.append((step.offset, step.end))
            if step.offset in self.lost:  # forgets what it had from there on, once
                self.lost.remove(step.offset)
                self.has = min(self.has, max(0, step.offset - 4))
                return Heard(offset=self.has)
            if step.offset != self.has:
                return Heard(offset=self.has)
            self.has = step.end
            return Heard()
        assert isinstance(step, Finish)
        if step.offset != self.has:
            return Heard(offset=self.has)
        self.finished = self.has
        return Heard()


def walked(walk: Walk, partner: Partner) -> list[Turn]:
    turns = [next(walk)]
    while True:
        try:
            turns.append(walk.send(partner.hear(turns[-1])))
        except StopIteration:
            return turns


@given(size=st.integers(5, 60), lost=st.lists(st.integers(0, 14).map(lambda n: n * 4), max_size=3))
def test_whatever_the_partner_loses_it_has_all_in_the_end(size: int, lost: list[int]) -> None:
    partner = Partner(lost)
    turns = walked(session().walk(size), partner)
    assert partner.finished == size
    assert all(turn.confirmed % 4 == 0 or turn.confirmed == size for turn in turns)


@given(size=st.integers(5, 60), at_once=st.integers(1, 5))
def test_every_byte_is_sent_once_and_the_last_piece_alone(size: int, at_once: int) -> None:
    turns = walked(session(at_once=at_once).walk(size), partner := Partner())
    assert partner.sent == [(at, min(at + 4, size)) for at in range(0, size, 4)]
    assert [step.last for turn in turns for step in turn.steps if isinstance(step, Append)].count(True) == 1
    assert all(
        len(turn.steps) == 1 for turn in turns if any(isinstance(one, Append) and one.last for one in turn.steps)
    )
    assert max(len(turn.steps) for turn in turns) <= at_once


@given(size=st.integers(9, 60), at_once=st.integers(1, 3), data=st.data())
def test_what_broke_off_goes_on_where_it_was(size: int, at_once: int, data: st.DataObject) -> None:
    confirmed = data.draw(st.integers(0, (size - 1) // 4)) * 4
    partner = Partner(has=confirmed)
    turns = walked(session(at_once=at_once).walk(size, "s-1", confirmed), partner)
    assert partner.finished == size
    assert partner.sent[0][0] == confirmed
    assert not any(isinstance(step, Start) for turn in turns for step in turn.steps)


def test_a_piece_that_did_arrive_is_not_counted_as_missing() -> None:
    partner = Partner(has=8)  # we know of 4
    walked(session().walk(16, "s-1", 4), partner)
    assert partner.sent == [(4, 8), (8, 12), (12, 16)]
    assert partner.finished == 16


def test_a_partner_that_is_in_the_midst_of_a_piece_gets_all_anew() -> None:
    walk = session().walk(16, "s-1", 0)
    next(walk)
    with pytest.raises(ResyncNeeded, match="3 bytes"):
        walk.send((Heard(offset=3),))


def test_a_partner_that_goes_round_in_a_circle_is_told() -> None:
    walk = session().walk(8, "s-1", 0)
    next(walk)
    for _ in range(MOST_SETBACKS - 1):
        assert isinstance(walk.send((Heard(offset=0),)).steps[0], Append)
    with pytest.raises(UnexpectedResponse, match="again and again"):
        walk.send((Heard(offset=0),))


@pytest.mark.parametrize(("size", "whole"), [(0, True), (4, True), (5, False)])
def test_small_files_go_by_the_action_itself(size: int, whole: bool) -> None:
    assert session().takes_whole(size) is whole


def test_a_piece_holds_whole_blocks() -> None:
    with pytest.raises(ValidationError, match="whole blocks"):
        session(checksum={"block": 3, "result": "checksum"})


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"hello", "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50"),
        (bytes(5 * 1_048_576), "f8bd3b7fc59d52351f1518fcecab6a686585ff0a707e9da79d717a1ed108ea2a"),
    ],
)
def test_dropboxs_own_hashes(content: bytes, wanted: str) -> None:
    checksum = Checksum(block=4_194_304, result="checksum")
    blocks = checksum.blocks()
    blocks.update(content)
    assert checksum.whole(blocks.digests) == wanted


@given(pieces=st.lists(st.binary(max_size=20)), block=st.integers(1, 9))
def test_however_the_bytes_come_the_hash_is_the_same(pieces: list[bytes], block: int) -> None:
    checksum, content = Checksum(digest="md5", block=block, result="checksum"), b"".join(pieces)
    blocks = checksum.blocks()
    for piece in pieces:
        blocks.update(piece)
    digests = b"".join(hashlib.md5(content[at : at + block]).digest() for at in range(0, len(content), block))
    assert blocks.digests == digests
    assert checksum.whole(digests) == hashlib.md5(digests).hexdigest()
