"""Links between a partner's ids and the host's."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from runner.model.push import Link
from runner.store import links

LINK = Link("i1", "user", "7", "host", "h7", "email")


def test_the_last_link_of_a_thing_holds(connection: Connection) -> None:
    links.put(connection, LINK)
    links.put(connection, replace(LINK, host_id="h8", how="manual"))
    assert links.get(connection, "i1", "host", "user", "7") == replace(LINK, host_id="h8", how="manual")
    assert links.get(connection, "i1", "host", "user", "8") is None


def test_many_gives_those_there_are(connection: Connection) -> None:
    links.put(connection, LINK)
    links.put(connection, replace(LINK, kind="project", external_id="9"))
    assert links.many(connection, "i1", "host", "user", ["7", "9"]) == {"7": LINK}


def test_a_removed_link_is_gone(connection: Connection) -> None:
    links.put(connection, LINK)
    assert links.remove(connection, "i1", "host", "user", "7")
    assert not links.remove(connection, "i1", "host", "user", "7")


def test_find_goes_both_ways(connection: Connection) -> None:
    other = replace(LINK, external_id="8", host_id="h8")
    links.put(connection, LINK)
    links.put(connection, other)
    assert links.find(connection, integration_id="i1", kind="user") == [LINK, other]
    assert links.find(connection, destination="host", host_id="h8") == [other]
    assert links.find(connection, integration_id="i2") == []
