from __future__ import annotations

import pytest

from runner.cli import connecting
from runner.engine.integrations import connect
from runner.model.integration import Integration, Reason, State
from runner.service import tickets
from runner.service.tickets import ConnectLink
from runner.store import integrations, sessions
from runner.store.sessions import ConnectSession
from tests.partners import World


@pytest.fixture
async def begun(here: World) -> tuple[Integration, ConnectLink]:
    made = await connect.begin(here.house, "acme", "jobber")
    return made, tickets.link(here.house, made)


async def test_waiting_ends_when_the_link_led_to_a_connection(
    here: World, begun: tuple[Integration, ConnectLink]
) -> None:
    made, link = begun
    session = ConnectSession(link.id, made.id, "x", None, link.expires_at)
    await here.write(lambda c: sessions.begin(c, session))
    await here.write(lambda c: sessions.end(c, link.id, here.clock.now()))
    assert await connecting.wait_for(here.house, made, link) is True
    assert here.clock.slept == []


async def test_waiting_ends_when_the_link_is_too_old(here: World, begun: tuple[Integration, ConnectLink]) -> None:
    began = here.clock.now()
    assert await connecting.wait_for(here.house, *begun) is False
    assert here.clock.now() - began == here.house.config.connect.link_lifetime


async def test_what_is_in_the_way_is_told_once(
    here: World, begun: tuple[Integration, ConnectLink], capsys: pytest.CaptureFixture[str]
) -> None:
    made, link = begun
    reason = Reason("consent-refused", "consent was refused at Jobber", "Try again")
    await here.write(lambda c: integrations.set_state(c, made.id, State.PENDING, reason, here.clock.now()))
    await connecting.wait_for(here.house, made, link)
    assert capsys.readouterr().err == "pending: consent was refused at Jobber\n"
