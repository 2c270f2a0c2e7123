from __future__ import annotations

import pytest

from runner.engine.links.link import link, unlink
from runner.errors import NotFound
from runner.model.push import PushState
from runner.store import links
from tests.engine.host import ASSIGN, Host, open_host
from tests.partners import World


@pytest.fixture
async def host(here: World) -> Host:
    """An assignment that waits for a person whom nobody finds by e-mail."""
    opened = await open_host(here)
    await opened.store("user", "7", {"name": "Ann", "email": None})
    await opened.store("project", "1", {"name": "Roof"})
    await opened.store("assignment", "a", {"project": "1", "user": "7"})
    await opened.drain()
    return opened


def someone(host: Host) -> str:
    return str(next(iter(host.here.companycam.tables["users"]))["id"])


async def test_what_waits_says_how_to_link_it(host: Host) -> None:
    (waits,) = await host.pushes("crew")
    assert waits.state is PushState.WAITING
    assert f"`runner links set {host.source.id[:8]} user 7 HOST_ID`" in str(waits.note)


async def test_a_link_by_hand_lets_it_go_on(host: Host) -> None:
    made = await link(host.here.house, host.source, None, "user", "7", someone(host))
    await host.drain()
    assert (made.how, host.calls(ASSIGN)) == ("manual", 1)


async def test_a_link_is_forgotten_once(host: Host) -> None:
    await link(host.here.house, host.source, "companycam", "user", "7", "42")
    await unlink(host.here.house, host.source, None, "user", "7")
    assert await host.here.read(lambda c: links.find(c, kind="user")) == []
    with pytest.raises(NotFound, match="user 7 is not linked to companycam"):
        await unlink(host.here.house, host.source, None, "user", "7")


@pytest.mark.parametrize(
    ("to", "kind", "external_id", "words"),
    [
        ("jobber", "user", "7", "company acme is not connected to jobber"),
        (None, "usr", "7", "did you mean `user`"),
        (None, "user", "8", "8"),
    ],
)
async def test_what_cannot_be_linked_is_told(
    host: Host, to: str | None, kind: str, external_id: str, words: str
) -> None:
    with pytest.raises(NotFound, match=words):
        await link(host.here.house, host.source, to, kind, external_id, "42")


async def test_without_a_destination_nothing_is_linked(here: World) -> None:
    source = await here.connect("servicetitan")
    with pytest.raises(NotFound, match="company acme is not connected to companycam"):
        await link(here.house, source, None, "user", "7", "42")
