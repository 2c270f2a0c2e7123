"""A connect link is taken up by one browser, and leads to one connection."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from runner.store import sessions
from runner.store.sessions import ConnectSession
from tests.store.conftest import NOW, later

SESSION = ConnectSession("link", "one", "a" * 64, "/done", later(1800))


def test_the_first_browser_keeps_it(connection: Connection) -> None:
    sessions.begin(connection, SESSION)
    assert sessions.begin(connection, replace(SESSION, browser="b" * 64)) == SESSION


def test_a_link_that_nobody_took_up_has_none(connection: Connection) -> None:
    assert sessions.get(connection, "link") is None


def test_it_ends_once(connection: Connection) -> None:
    sessions.begin(connection, SESSION)
    sessions.end(connection, "link", NOW)
    sessions.end(connection, "link", later(60))
    assert sessions.get(connection, "link") == replace(SESSION, ended_at=NOW)


def test_what_expired_is_deleted(connection: Connection) -> None:
    sessions.begin(connection, SESSION)
    assert sessions.purge(connection, NOW) == 0
    assert sessions.purge(connection, later(3600)) == 1
