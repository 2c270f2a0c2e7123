"""Dropbox, from consent to what is changed there, against the simulated account."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from runner.authoring.simulate.dropbox import Dropbox
from runner.authoring.simulate.dropbox_data import ACCOUNT, FIRST, MEMBER, ROOT
from runner.engine.actions.act import act
from runner.engine.integrations import disconnect
from runner.engine.syncs import sync
from runner.errors import PartnerError, PartnerUnavailable, PushError, RecordSkipped, UnexpectedResponse
from runner.model.integration import Integration, Reason, State
from runner.model.run import RunState
from tests.partners import World, world

SURVEY = "/Alex Example/Jobs/1001/survey.pdf"


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("dropbox",), size=20) as opened:
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


async def test_an_account_of_its_own_has_nothing_but_its_home(database_url: str) -> None:
    async with world(database_url, partners=("dropbox",), dropbox={"team_space": False}) as here:
        company = await here.connect("dropbox")
        await act(here.house, company, "delete_file", {"path": "/Jobs/1001/survey.pdf"})
        assert here.partners["dropbox"].tree.at("/jobs/1001/survey.pdf") is None


async def test_an_app_of_a_team_acts_for_the_member_that_was_chosen(database_url: str) -> None:
    async with world(database_url, partners=("dropbox",), dropbox={"team": True}) as here:
        company = await here.connect("dropbox", team_member_id=MEMBER)
        assert company.state is State.ACTIVE


async def test_without_a_member_a_team_s_token_opens_nothing(database_url: str) -> None:
    async with world(database_url, partners=("dropbox",), dropbox={"team": True}) as here:
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


async def test_a_link_that_is_not_told_is_looked_up(here: World, partner: Dropbox, company: Integration) -> None:
    made = await act(here.house, company, "share", {"path": SURVEY})
    assert await act(here.house, company, "shared_link", {"path": SURVEY}) == made


async def test_a_link_is_ended(here: World, partner: Dropbox, company: Integration) -> None:
    made = await act(here.house, company, "share", {"path": SURVEY})
    for _ in range(2):
        await act(here.house, company, "unshare", made)
    assert len(partner.table("links")) == 0


async def test_a_folder_is_made_with_those_above_it(here: World, partner: Dropbox, company: Integration) -> None:
    made = await act(here.house, company, "create_folder", {"path": "/Jobs/7001/Photos"})
    found = partner.tree.at("/jobs/7001/photos")
    assert found is not None
    assert made == {"id": found["id"], "path": "/jobs/7001/photos"}
    assert partner.tree.at("/jobs/7001") is not None


async def test_a_folder_that_is_there_will_do(here: World, partner: Dropbox, company: Integration) -> None:
    await act(here.house, company, "create_folder", {"path": "/Jobs/7001"})
    again = await act(here.house, company, "create_folder", {"path": "/Jobs/7001"})
    assert again == {"id": "/Jobs/7001", "path": "/jobs/7001"}
    known = await act(here.house, company, "metadata", {"path": again["id"]})
    assert (known["type"], known["path"]) == ("folder", "/jobs/7001")


async def test_a_folder_whose_answer_was_lost_is_made_once(here: World, partner: Dropbox, company: Integration) -> None:
    partner.fail_next(1, "lost", on="create_folder_v2")
    made = await act(here.house, company, "create_folder", {"path": "/Jobs/7001"})
    assert made["path"] == "/jobs/7001"
    assert partner.calls["POST /2/files/create_folder_v2"] == 2
    assert partner.tree.at("/jobs/7001 (1)") is None


async def test_a_file_in_the_place_of_a_folder_is_told_in_their_words(here: World, company: Integration) -> None:
    with pytest.raises(UnexpectedResponse, match="path/conflict/file"):
        await act(here.house, company, "create_folder", {"path": SURVEY})


async def test_a_name_that_dropbox_refuses_is_told_in_their_words(here: World, company: Integration) -> None:
    with pytest.raises(UnexpectedResponse, match="path/disallowed_name"):
        await act(here.house, company, "create_folder", {"path": "/Jobs/desktop.ini"})


async def test_a_path_that_is_none_is_not_sent(here: World, partner: Dropbox, company: Integration) -> None:
    with pytest.raises(PushError, match="`path`"):
        await act(here.house, company, "create_folder", {"path": "Jobs/"})
    assert partner.calls["POST /2/files/create_folder_v2"] == 0


async def test_a_folder_is_renamed_with_all_that_is_in_it(here: World, partner: Dropbox, company: Integration) -> None:
    moved = await act(here.house, company, "move_file", {"from": "/Alex Example/Jobs/1001", "to": "/Done/1001"})
    assert moved["path"] == "/done/1001"
    assert partner.tree.at("/done/1001/survey.pdf") is not None
    with pytest.raises(RecordSkipped, match="from_lookup/not_found"):
        await act(here.house, company, "move_file", {"from": "/Alex Example/Jobs/1001", "to": "/Done/1002"})


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


# Syncs and webhooks


async def test_what_is_stored_is_what_the_account_has(here: World, partner: Dropbox, company: Integration) -> None:
    done = await sync.run(here.house, company, "files")
    assert (done.state, done.counts.quarantined) == (RunState.DONE, 0)
    files = await here.records(company, "file")
    assert {key: (one.fields["path_key"], one.fields["type"]) for key, one in files.items()} == {
        row["id"]: (row["path_lower"], row[".tag"]) for row in partner.table("entries")
    }
    assert files[FIRST].fields["checksum"] == "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50"
    assert partner.violations == 0


async def test_further_pages_come_from_continue(database_url: str) -> None:
    async with world(database_url, partners=("dropbox",), dropbox={"size": 4100}) as here:
        company = await here.connect("dropbox")
        done = await sync.run(here.house, company, "files")
        partner: Dropbox = here.partners["dropbox"]
        assert done.counts.pages == 3
        assert partner.calls["POST /2/files/list_folder/continue"] == 2
        assert len(await here.records(company, "file")) == len(partner.table("entries"))


async def test_only_the_folder_that_was_chosen_is_read(database_url: str) -> None:
    async with world(database_url, partners=("dropbox",)) as here:
        company = await here.connect("dropbox", folder="/Alex Example/Jobs")
        await sync.run(here.house, company, "files")
        files = await here.records(company, "file")
        assert files
        assert all(one.fields["path_key"].startswith("/alex example/jobs/") for one in files.values())


async def test_a_move_keeps_the_record_and_a_deletion_ends_it(
    here: World, partner: Dropbox, company: Integration
) -> None:
    await sync.run(here.house, company, "files")
    other = next(row for row in partner.table("entries") if row[".tag"] == "file" and row["id"] != FIRST)
    partner.change("entries", FIRST, path_display="/Done/survey.pdf")
    partner.remove("entries", other["id"])
    here.clock.advance(60)
    await sync.run(here.house, company, "files")
    files = await here.records(company, "file")
    assert files[FIRST].fields["path"] == "/Done/survey.pdf"
    assert other["id"] not in files


async def test_a_notice_starts_the_sync(here: World, partner: Dropbox, company: Integration) -> None:
    await here.work()
    made = partner.add("entries")
    await partner.deliver()
    assert [door.status for door in here.doors] == [200]
    await here.work()
    assert made in await here.records(company, "file")


async def test_the_same_bytes_again_are_news_again(here: World, partner: Dropbox, company: Integration) -> None:
    made = []
    for _ in range(2):
        made.append(partner.add("entries"))
        await partner.deliver()
        await here.work()
    assert set(made) <= (await here.records(company, "file")).keys()


async def test_the_address_stands_the_challenge(here: World, partner: Dropbox, company: Integration) -> None:
    partner.hooks.url = ""
    assert await partner.hooks.enable("https://runner.example/webhooks/dropbox")


async def test_a_forged_notice_is_refused(here: World, company: Integration) -> None:
    body = b'{"list_folder": {"accounts": ["dbid:AAAAexampleAccountId000000000000000"]}}'
    received = await here.receive("dropbox", body, {"X-Dropbox-Signature": "0" * 64})
    assert received.status == 401


async def test_a_reset_cursor_begins_the_listing_anew(database_url: str) -> None:
    async with world(database_url, partners=("dropbox",), dropbox={"size": 2100}) as here:
        company = await here.connect("dropbox")
        partner: Dropbox = here.partners["dropbox"]

        async def reset_once(request: object) -> None:
            if not partner.calls["POST /2/files/list_folder/continue"]:
                partner.listing.reset()

        here.wire.after = reset_once
        done = await sync.run(here.house, company, "files")
        assert done.state is RunState.DONE
        assert len(await here.records(company, "file")) == len(partner.table("entries"))


async def test_a_cursor_that_died_between_two_runs_leads_to_a_full_pass_that_deletes_what_is_gone(
    here: World, partner: Dropbox, company: Integration
) -> None:
    await sync.run(here.house, company, "files")
    gone = next(row["id"] for row in partner.table("entries") if row[".tag"] == "file" and row["id"] != FIRST)
    partner.remove("entries", gone)
    partner.listing.reset()
    again = await sync.run(here.house, company, "files")
    assert (again.full, again.state) == (True, RunState.DONE)
    assert (await here.records(company, "file")).keys() == {row["id"] for row in partner.table("entries")}
    assert (await sync.run(here.house, company, "files")).full is False


async def test_a_pass_that_breaks_off_after_a_reset_deletes_nothing_until_one_comes_through(database_url: str) -> None:
    async with world(database_url, partners=("dropbox",), dropbox={"size": 2100}) as here:
        company, partner = await here.connect("dropbox"), here.partners["dropbox"]
        await sync.run(here.house, company, "files")
        before = (await here.records(company, "file")).keys()
        gone = next(row["id"] for row in partner.table("entries") if row[".tag"] == "file")
        partner.remove("entries", gone)
        partner.listing.reset()

        async def down(request: httpx.Request) -> None:
            if request.url.path.endswith("/list_folder"):  # of the new pass: what comes after it is refused
                partner.fail_next(5, 500, on="/files/list_folder/continue")  # all tries of one call
                here.wire.after = None

        here.wire.after = down
        with pytest.raises(PartnerUnavailable):
            await sync.run(here.house, company, "files")
        assert (await here.records(company, "file")).keys() == before
        assert (await sync.run(here.house, company, "files")).state is RunState.DONE
        assert (await here.records(company, "file")).keys() == {row["id"] for row in partner.table("entries")}


async def test_the_account_is_a_record(here: World, company: Integration) -> None:
    await sync.run(here.house, company, "account")
    (account,) = (await here.records(company, "account")).values()
    assert (account.fields["type"], account.fields["root_folder"]) == ("team", ROOT)


async def test_a_later_run_goes_on_at_the_cursor(here: World, partner: Dropbox, company: Integration) -> None:
    await sync.run(here.house, company, "files")
    listed = partner.calls["POST /2/files/list_folder"]
    again = await sync.run(here.house, company, "files")
    assert (again.full, again.counts.seen) == (False, 0)
    assert partner.calls["POST /2/files/list_folder"] == listed
