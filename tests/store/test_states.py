"""An OAuth state is good once, in time, and says which it was not."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from runner.errors import StateRefused
from runner.store import states
from runner.store.states import OAuthState
from tests.store.conftest import NOW, later


def begin(connection: Connection, nonce_hash: str = "h1") -> None:
    states.begin(connection, "i1", nonce_hash, b"sealed", "https://host/done", later(600))


def refusal(connection: Connection, nonce_hash: str, at: float) -> str:
    with pytest.raises(StateRefused, match="click Connect again") as caught:
        states.use(connection, nonce_hash, later(at))
    return caught.value.code


def test_it_is_used_once(connection: Connection) -> None:
    begin(connection)
    assert states.use(connection, "h1", later(599)) == OAuthState("i1", b"sealed", "https://host/done")
    assert refusal(connection, "h1", 599) == "state-used"


def test_it_expires(connection: Connection) -> None:
    begin(connection)
    assert refusal(connection, "h1", 600) == "state-expired"


def test_one_that_nobody_began_is_unknown(connection: Connection) -> None:
    assert refusal(connection, "h1", 0) == "state-unknown"


def test_the_expired_are_purged(connection: Connection) -> None:
    begin(connection)
    assert states.purge(connection, later(600)) == 0
    assert states.purge(connection, later(601)) == 1


def test_one_that_was_taken_is_still_known(connection: Connection) -> None:
    states.begin(connection, "i1", "taken", None, None, later(600))
    states.begin(connection, "i1", "open", None, None, later(600))
    states.use(connection, "taken", NOW)
    assert states.used(connection, "taken") == states.Used("i1", NOW)
    assert states.used(connection, "open") is None
    assert states.used(connection, "unknown") is None
