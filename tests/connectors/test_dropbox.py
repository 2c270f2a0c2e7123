"""Dropbox, from consent to what is changed there, against the simulated account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runner.authoring.simulate.dropbox import Dropbox
from runner.authoring.simulate.dropbox_data import ACCOUNT, FIRST, MEMBER, ROOT
from runner.engine import disconnect
from runner.engine.act import act
from runner.errors import PartnerError, RecordSkipped
from runner.model.integration import Integration, Reason, State
from tests.partners import World, world

SURVEY = "/Alex Example/Jobs/1001/survey.pdf"


@pytest.fixture
async def here(path: Path) -> AsyncIterator[World]:
    async with world(path, partners=("dropbox",), size=20) as opened:
        yield opened


@pytest.fixture
def partner(here: World) -> Dropbox:
    found: Dropbox = here.partners["dropbox"]
    return found


@pytest.fixture
async def company(here: World) -> Integration:
    return await here.connect("dropbox")


async def test_the_account_is_known_and_so_is_its_root(company: Integration) -> None:
    assert (company.state, company.account_id, company.account_name) == (State.ACTIVE, ACCOUNT, "Alex Example")
    assert company.account["root_namespace_id"] == ROOT


async def test_calls_see_the_whole_root_and_not_only_the_home(here: World, company: Integration) -> None:
    await act(here.house, company, "delete_file", {"path": "/Team Photos"})
    assert here.partners["dropbox"].tree.at("/team photos") is None


async def test_an_account_of_its_own_has_nothing_but_its_home(path: Path) -> None:
    async with world(path, partners=("dropbox",), dropbox={"team_space": False}) as here:
        company = await here.connect("dropbox")
        await act(here.house, company, "delete_file", {"path": "/Jobs/1001/survey.pdf"})
        assert here.partners["dropbox"].tree.at("/jobs/1001/survey.pdf") is None


async def test_an_app_of_a_team_acts_for_the_member_that_was_chosen(path: Path) -> None:
    async with world(path, partners=("dropbox",), dropbox={"team": True}) as here:
        company = await here.connect("dropbox", team_member_id=MEMBER)
        assert company.state is State.ACTIVE


async def test_without_a_member_a_team_s_token_opens_nothing(path: Path) -> None:
    async with world(path, partners=("dropbox",), dropbox={"team": True}) as here:
        with pytest.raises(PartnerError):
            await here.connect("dropbox")


async def test_what_is_deleted_twice_is_deleted(here: World, partner: Dropbox, company: Integration) -> None:
    for _ in range(2):
        await act(here.house, company, "delete_file", {"path": SURVEY})
    assert partner.tree.at(SURVEY) is None
    assert partner.violations == 0


async def test_a_link_is_made_and_found_again(here: World, partner: Dropbox, company: Integration) -> None:
    made = [await act(here.house, company, "share", {"path": SURVEY}) for _ in range(2)]
    assert made[0]["url"] == partner.table("links").row(FIRST)["url"]
    assert made[1] == made[0]


async def test_a_link_whose_answer_was_lost_is_found(here: World, partner: Dropbox, company: Integration) -> None:
    partner.fail_next(1, "lost", on="create_shared_link")
    made = await act(here.house, company, "share", {"path": SURVEY})
    assert made["url"] == partner.table("links").row(FIRST)["url"]


async def test_what_is_not_there_cannot_be_shared(here: World, company: Integration) -> None:
    with pytest.raises(RecordSkipped, match="path/not_found"):
        await act(here.house, company, "share", {"path": "/none"})


async def test_a_lock_of_the_namespace_is_waited_for(here: World, partner: Dropbox, company: Integration) -> None:
    partner.fail_next(2, 409, on="delete_v2")
    await act(here.house, company, "delete_file", {"path": SURVEY})
    assert partner.tree.at(SURVEY) is None


async def test_an_expired_token_is_renewed_on_the_way(here: World, partner: Dropbox, company: Integration) -> None:
    here.clock.advance(4 * 3600)
    await act(here.house, company, "delete_file", {"path": SURVEY})
    assert partner.calls["POST /oauth2/token"] == 2


async def test_disconnecting_revokes(here: World, partner: Dropbox, company: Integration) -> None:
    await disconnect.disconnect(here.house, company, Reason("disconnected", "the company asked for it"))
    await here.work()
    assert partner.calls["POST /2/auth/token/revoke"] == 1
