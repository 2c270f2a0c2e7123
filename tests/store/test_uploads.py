from __future__ import annotations

from sqlalchemy import Connection

from runner.store import uploads
from runner.store.uploads import Piece, Sent
from tests.store.conftest import NOW, later


def begun(connection: Connection, *ends: int) -> None:
    uploads.begin(connection, "u1", "i1", "s-1", NOW)
    pieces = [Piece(end - 4, end, bytes([end])) for end in ends]
    uploads.advance(connection, "u1", "i1", pieces, NOW)


def test_what_the_partner_has_is_remembered_in_its_order(connection: Connection) -> None:
    begun(connection, 8, 4)
    assert uploads.get(connection, "u1") == Sent("s-1", (Piece(0, 4, b"\x04"), Piece(4, 8, b"\x08")))
    assert uploads.get(connection, "u2") is None


def test_a_piece_that_is_sent_again_is_one_piece(connection: Connection) -> None:
    begun(connection, 4)
    uploads.advance(connection, "u1", "i1", [Piece(0, 4, b"new")], NOW)
    assert uploads.get(connection, "u1") == Sent("s-1", (Piece(0, 4, b"new"),))


def test_the_partner_may_have_less_than_was_thought(connection: Connection) -> None:
    begun(connection, 4, 8, 12)
    uploads.retreat(connection, "u1", 4)
    assert uploads.get(connection, "u1") == Sent("s-1", (Piece(0, 4, b"\x04"),))


def test_a_new_session_begins_with_nothing(connection: Connection) -> None:
    begun(connection, 4)
    uploads.begin(connection, "u1", "i1", "s-2", NOW)
    assert uploads.get(connection, "u1") == Sent("s-2", ())


def test_what_nobody_went_on_with_goes(connection: Connection) -> None:
    begun(connection, 4)
    uploads.begin(connection, "u2", "i1", "s-2", later(60))
    assert uploads.prune(connection, later(30), 10) == 1
    assert [uploads.get(connection, name) for name in ("u1", "u2")] == [None, Sent("s-2", ())]
    uploads.advance(connection, "u2", "i1", [Piece(0, 4)], later(60))
    uploads.end(connection, "u2")
    assert uploads.get(connection, "u2") is None
