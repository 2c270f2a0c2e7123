"""What the fact sheet says of listings, files and errors; uploads, consent and webhooks have files of their own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.dropbox import Dropbox, dropbox
from runner.authoring.simulate.dropbox_data import HOME, MEMBER, ROOT
from runner.authoring.simulate.dropbox_tree import content_hash
from runner.authoring.simulate.limits import Window

ROOTED = {"Dropbox-API-Path-Root": json.dumps({".tag": "root", "root": ROOT})}


def inside(partner: Dropbox, **headers: str) -> httpx.AsyncClient:
    token = partner.grants.issue()["access_token"]
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=partner.app),
        base_url="https://api.dropboxapi.com/2/",
        headers={"Authorization": f"Bearer {token}", **headers},
    )


async def ask(client: httpx.AsyncClient, route: str, **args: Any) -> dict[str, Any]:
    answer = await client.post(route, json=args)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listing(client: httpx.AsyncClient, **args: Any) -> tuple[list[dict[str, Any]], str]:
    page = await ask(client, "files/list_folder", **{"path": "", "recursive": True, **args})
    entries = page["entries"]
    while page["has_more"]:
        page = await ask(client, "files/list_folder/continue", cursor=page["cursor"])
        entries += page["entries"]
    return entries, page["cursor"]


def tag(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["error_summary"].endswith(".")
    return answer.status_code, body["error_summary"].rstrip(".").rstrip("/")


# Listings


async def test_a_listing_goes_on_under_another_route_until_there_is_no_more(clock):
    client = inside(dropbox(now=clock, size=30))
    first = await ask(client, "files/list_folder", path="", recursive=True, limit=10)
    assert (len(first["entries"]), first["has_more"]) == (10, True)
    again = await ask(client, "files/list_folder/continue", cursor=first["cursor"])
    assert not {row["id"] for row in again["entries"]} & {row["id"] for row in first["entries"]}


async def test_entries_have_tags_and_files_their_hash(clock):
    entries, _ = await listing(inside(dropbox(now=clock, size=12)))
    (survey,) = (row for row in entries if row["name"] == "survey.pdf")
    assert survey[".tag"] == "file"
    assert (survey["size"], survey["path_lower"]) == (5, "/jobs/1001/survey.pdf")
    assert survey["content_hash"] == "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50"
    folders = [row for row in entries if row[".tag"] == "folder"]
    assert all("rev" not in row and "server_modified" not in row for row in folders)


async def test_the_last_cursor_brings_what_changed_and_only_that(clock):
    partner = dropbox(now=clock, size=12, team_space=False)
    client = inside(partner)
    entries, cursor = await listing(client)
    survey = next(row for row in entries if row["name"] == "survey.pdf")
    other = next(row for row in entries if row[".tag"] == "file" and row is not survey)
    partner.change("entries", survey["id"], content="changed")
    partner.remove("entries", other["id"])
    page = await ask(client, "files/list_folder/continue", cursor=cursor)
    assert [(row[".tag"], row["path_lower"]) for row in page["entries"]] == [
        ("file", survey["path_lower"]),
        ("deleted", other["path_lower"]),
    ]
    assert page["entries"][0]["id"] == survey["id"]
    assert page["entries"][0]["rev"] != survey["rev"]
    assert page["entries"][1].keys() == {".tag", "name", "path_lower", "path_display"}
    assert (await ask(client, "files/list_folder/continue", cursor=page["cursor"]))["entries"] == []


async def test_a_move_is_a_deletion_and_the_same_id_elsewhere(clock):
    partner = dropbox(now=clock, size=3, team_space=False)
    client = inside(partner)
    entries, cursor = await listing(client)
    survey = next(row for row in entries if row["name"] == "survey.pdf")
    await ask(client, "files/move_v2", from_path=survey["path_lower"], to_path="/Done/survey.pdf")
    page = await ask(client, "files/list_folder/continue", cursor=cursor)
    shown = [(row[".tag"], row["path_lower"], row.get("id")) for row in page["entries"]]
    assert shown[0] == ("deleted", "/jobs/1001/survey.pdf", None)
    assert shown[-1] == ("file", "/done/survey.pdf", survey["id"])


async def test_a_folder_that_is_deleted_is_one_entry_however_much_was_in_it(clock):
    partner = dropbox(now=clock, size=12, team_space=False)
    client = inside(partner)
    _, cursor = await listing(client)
    await ask(client, "files/delete_v2", path="/jobs")
    page = await ask(client, "files/list_folder/continue", cursor=cursor)
    assert [(row[".tag"], row["path_lower"]) for row in page["entries"]] == [("deleted", "/jobs")]


async def test_a_folder_made_again_is_told_after_its_deletion(clock):
    partner = dropbox(now=clock, size=3, team_space=False)
    client = inside(partner)
    _, cursor = await listing(client)
    await ask(client, "files/delete_v2", path="/jobs")
    await ask(client, "files/create_folder_v2", path="/Jobs")
    page = await ask(client, "files/list_folder/continue", cursor=cursor)
    assert [row[".tag"] for row in page["entries"]] == ["deleted", "folder"]


async def test_deleted_entries_are_listed_on_request(clock):
    client = inside(dropbox(now=clock, size=3, team_space=False))
    plain, _ = await listing(client)
    every, _ = await listing(client, include_deleted=True)
    assert {row["path_lower"] for row in every} - {row["path_lower"] for row in plain} == {"/old.pdf"}


async def test_a_listing_that_is_not_recursive_shows_one_level(clock):
    entries, _ = await listing(inside(dropbox(now=clock, size=20, team_space=False)), recursive=False)
    assert [row["path_lower"] for row in entries] == ["/jobs"]


async def test_from_now_on(clock):
    partner = dropbox(now=clock, size=3, team_space=False)
    client = inside(partner)
    cursor = (await ask(client, "files/list_folder/get_latest_cursor", path="", recursive=True))["cursor"]
    assert (await ask(client, "files/list_folder/continue", cursor=cursor))["entries"] == []
    partner.add("entries", path_display="/new.txt")
    page = await ask(client, "files/list_folder/continue", cursor=cursor)
    assert [row["path_lower"] for row in page["entries"]] == ["/new.txt"]


@pytest.mark.parametrize("why", ["age", "order", "unknown"])
async def test_a_cursor_that_died_is_409_reset(clock, why):
    partner = dropbox(now=clock, size=3, cursor_lifetime=600 if why == "age" else None)
    client = inside(partner)
    _, cursor = await listing(client)
    if why == "age":
        clock.pass_by(600)
    elif why == "order":
        partner.listing.reset()
    answer = await client.post("files/list_folder/continue", json={"cursor": cursor if why != "unknown" else "AA"})
    assert tag(answer) == (409, "reset")
    assert answer.json()["error"] == {".tag": "reset"}


async def test_errors_of_the_folder_come_from_continue_too(clock):
    partner = dropbox(now=clock, size=3, team_space=False)
    client = inside(partner)
    _, cursor = await listing(client, path="/Jobs/1001")
    await ask(client, "files/delete_v2", path="/Jobs")
    answer = await client.post("files/list_folder/continue", json={"cursor": cursor})
    assert tag(answer) == (409, "path/not_found")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"path": "/"}, "empty string"),
        ({"path": "jobs"}, "did not match pattern"),
        ({"path": "", "limit": 2001}, "limit"),
        ({"path": "", "limit": 0}, "limit"),
        ({"path": "", "page": 1}, "unknown field 'page'"),
        ({}, "missing required field 'path'"),
        ({"path": "", "recursive": "yes"}, "expected bool"),
    ],
)
async def test_a_malformed_call_is_400_in_plain_text(clock, args, words):
    answer = await inside(dropbox(now=clock, size=1)).post("files/list_folder", json=args)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert words in answer.text


async def test_the_same_listing_twice_at_once_is_refused(clock):
    partner = dropbox(now=clock, size=3)
    client = inside(partner)
    asked = [client.post("files/list_folder", json={"path": ""}) for _ in range(2)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*asked)) == [200, 429]
    assert partner.violations == 1


async def test_longpoll_takes_no_token_and_says_whether_something_changed(clock):
    partner = dropbox(now=clock, size=3, longpoll=0)
    client = inside(partner)
    _, cursor = await listing(client)
    asked = {"cursor": cursor, "timeout": 30}
    anybody = httpx.AsyncClient(transport=httpx.ASGITransport(app=partner.app), base_url=client.base_url)
    assert (await anybody.post("files/list_folder/longpoll", json=asked)).json() == {"changes": False}
    partner.add("entries")
    assert (await anybody.post("files/list_folder/longpoll", json=asked)).json() == {"changes": True}
    assert (await client.post("files/list_folder/longpoll", json=asked)).status_code == 400
    assert (await anybody.post("files/list_folder/longpoll", json={**asked, "timeout": 5})).status_code == 400


# Roots


async def test_without_path_root_a_member_sees_the_home_and_no_team_folder(clock):
    partner = dropbox(now=clock, size=20)
    home, _ = await listing(inside(partner))
    root, _ = await listing(inside(partner, **ROOTED))
    assert not any(row["path_lower"].startswith("/team photos") for row in home)
    assert any(row["path_lower"].startswith("/team photos/") for row in root)
    assert "/jobs/1001/survey.pdf" in {row["path_lower"] for row in home}
    assert "/alex example/jobs/1001/survey.pdf" in {row["path_lower"] for row in root}
    assert {row["id"] for row in home} < {row["id"] for row in root}


async def test_the_wrong_root_is_422_with_the_right_one(clock):
    wrong = {"Dropbox-API-Path-Root": json.dumps({".tag": "root", "root": HOME})}
    answer = await inside(dropbox(now=clock, size=1), **wrong).post("files/list_folder", json={"path": ""})
    assert answer.status_code == 422
    assert answer.json()["error"]["invalid_root"]["root_namespace_id"] == ROOT


async def test_an_unknown_namespace_is_422_no_permission(clock):
    wrong = {"Dropbox-API-Path-Root": json.dumps({".tag": "namespace_id", "namespace_id": "1"})}
    answer = await inside(dropbox(now=clock, size=1), **wrong).post("files/list_folder", json={"path": ""})
    assert tag(answer) == (422, "no_permission")


async def test_an_account_of_its_own_has_one_root(clock):
    client = inside(dropbox(now=clock, size=1, team_space=False))
    account = (await client.post("users/get_current_account", content=b"null", headers=JSON)).json()
    assert account["root_info"] == {".tag": "user", "root_namespace_id": HOME, "home_namespace_id": HOME}
    assert "team" not in account
    assert len(account["account_id"]) == 40


JSON = {"Content-Type": "application/json"}


async def test_a_call_without_arguments_wants_null(clock):
    client = inside(dropbox(now=clock, size=1))
    assert (await client.post("users/get_current_account", content=b"null", headers=JSON)).status_code == 200
    assert (await client.post("users/get_current_account", content=b"{}", headers=JSON)).status_code == 400


# Files


async def test_metadata_by_path_in_any_case_and_by_id(clock):
    client = inside(dropbox(now=clock, size=3))
    row = await ask(client, "files/get_metadata", path="/JOBS/1001/Survey.PDF")
    assert await ask(client, "files/get_metadata", path=row["id"]) == row


@pytest.mark.parametrize(
    ("route", "path", "wanted"),
    [
        ("files/get_metadata", "/none", "path/not_found"),
        ("files/list_folder", "/none", "path/not_found"),
        ("files/list_folder", "/jobs/1001/survey.pdf", "path/not_folder"),
        ("files/delete_v2", "/none", "path_lookup/not_found"),
        ("files/create_folder_v2", "/jobs", "path/conflict/folder"),
        ("files/create_folder_v2", "/a//b", "path/malformed_path"),
        ("files/create_folder_v2", "/desktop.ini", "path/disallowed_name"),
        ("files/get_temporary_link", "/jobs", "path/not_file"),
    ],
)
async def test_what_a_route_knows_of_is_409_with_tags(clock, route, path, wanted):
    answer = await inside(dropbox(now=clock, size=3)).post(route, json={"path": path})
    assert tag(answer) == (409, wanted)
    inner = answer.json()["error"]
    for one in wanted.split("/"):
        assert inner[".tag"] == one
        inner = inner.get(one)


async def test_download_answers_bytes_and_metadata_in_an_ascii_header(clock):
    partner = dropbox(now=clock, size=3)
    partner.add("entries", path_display="/Alex Example/Müller/plan.pdf", content="x")
    client = inside(partner)
    arg = json.dumps({"path": "/Müller/plan.pdf"})
    answer = await client.post("files/download", headers={"Dropbox-API-Arg": arg})
    assert answer.content == b"x"
    assert json.loads(answer.headers["dropbox-api-result"])["path_display"] == "/Müller/plan.pdf"


async def test_the_header_of_arguments_must_be_ascii(clock):
    raw = {"Dropbox-API-Arg": '{"path": "/Müller/plan.pdf"}'.encode()}
    answer = await inside(dropbox(now=clock, size=1)).post("files/download", headers=raw)
    assert answer.status_code == 400


async def test_a_temporary_link_serves_for_four_hours_then_410(clock):
    partner = dropbox(now=clock, size=1)
    client = inside(partner)
    link = (await ask(client, "files/get_temporary_link", path="/jobs/1001/survey.pdf"))["link"]
    assert (await client.get(link)).content == b"hello"
    clock.pass_by(14_400)
    assert (await client.get(link)).status_code == 410


async def test_some_files_cannot_be_downloaded(clock):
    partner = dropbox(now=clock, size=8)
    row = next(row for row in partner.table("entries") if row.get("is_downloadable") is False)
    answer = await inside(partner, **ROOTED).post("files/get_temporary_link", json={"path": row["id"]})
    assert tag(answer) == (409, "unsupported_file")


async def test_copies_have_ids_of_their_own(clock):
    client = inside(dropbox(now=clock, size=3))
    old = await ask(client, "files/get_metadata", path="/jobs/1001/survey.pdf")
    made = await ask(client, "files/copy_v2", from_path="/jobs", to_path="/Copies")
    assert made["metadata"]["path_display"] == "/Copies"
    new = await ask(client, "files/get_metadata", path="/copies/1001/survey.pdf")
    assert new["id"] != old["id"]
    assert new["content_hash"] == old["content_hash"]


async def test_search_finds_names(clock):
    found = await ask(inside(dropbox(now=clock, size=9)), "files/search_v2", query="survey")
    assert [one["metadata"]["metadata"]["name"] for one in found["matches"]] == ["survey.pdf"]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"hello", "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50"),
        (bytes(5 * 1_048_576), "f8bd3b7fc59d52351f1518fcecab6a686585ff0a707e9da79d717a1ed108ea2a"),
    ],
)
def test_content_hash(content, wanted):
    assert content_hash(content) == wanted


# Shared links


async def test_a_shared_link_is_made_once(clock):
    client = inside(dropbox(now=clock, size=3))
    route, path = "sharing/create_shared_link_with_settings", "/jobs/1001/survey.pdf"
    made = await ask(client, route, path=path)
    again = await client.post(route, json={"path": path})
    with_settings = await client.post(route, json={"path": path, "settings": {"audience": "public"}})
    assert again.json()["error"]["shared_link_already_exists"]["metadata"]["url"] == made["url"]
    assert tag(with_settings) == (409, "shared_link_already_exists")
    assert "shared_link_already_exists" not in with_settings.json()["error"]
    assert (await ask(client, "sharing/list_shared_links", path=path, direct_only=True))["links"] == [made]
    assert (await client.post("sharing/revoke_shared_link", json={"url": made["url"]})).json() is None
    assert (await ask(client, "sharing/list_shared_links", path=path))["links"] == []


async def test_the_app_itself_may_list_a_shared_folder_and_sees_no_paths(clock):
    partner = dropbox(now=clock, size=3)
    url = (await ask(inside(partner), "sharing/create_shared_link_with_settings", path="/jobs/1001"))["url"]
    app = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=partner.app),
        base_url="https://api.dropboxapi.com/2/",
        auth=("dropbox-app", "dropbox-secret"),
    )
    page = await ask(app, "files/list_folder", path="", shared_link={"url": url})
    assert {row["name"] for row in page["entries"]} >= {"survey.pdf"}
    assert all("path_lower" not in row for row in page["entries"])
    assert (await app.post("files/list_folder", json={"path": ""})).status_code == 400
    assert (await app.post("files/get_metadata", json={"path": "/jobs"})).status_code == 401


# Teams


async def test_a_team_app_acts_for_a_member(clock):
    partner = dropbox(now=clock, size=3, team=True)
    plain = await inside(partner).post("files/list_folder", json={"path": ""})
    member = await inside(partner, **{"Dropbox-API-Select-User": MEMBER}).post("files/list_folder", json={"path": ""})
    assert (plain.status_code, member.status_code) == (400, 200)


@pytest.mark.parametrize(("member", "why"), [("dbmid:none", "invalid_select_user"), (f"{MEMBER}5", "user_suspended")])
async def test_not_everybody_can_be_acted_for(clock, member, why):
    client = inside(dropbox(now=clock, size=3, team=True), **{"Dropbox-API-Select-User": member})
    assert tag(await client.post("files/list_folder", json={"path": ""})) == (401, why)


async def test_members_come_in_pages_removed_ones_on_request(clock):
    client = inside(dropbox(now=clock, size=3, team=True))
    first = await ask(client, "team/members/list_v2", limit=4)
    rest = await ask(client, "team/members/list/continue_v2", cursor=first["cursor"])
    assert (len(first["members"]), len(rest["members"]), rest["has_more"]) == (4, 2, False)
    every = (await ask(client, "team/members/list_v2", include_removed=True))["members"]
    states = [row["profile"]["status"][".tag"] for row in every]
    assert sorted(set(states)) == ["active", "invited", "removed", "suspended"]
    (invited,) = (row["profile"] for row in every if row["profile"]["status"][".tag"] == "invited")
    assert "account_id" not in invited
    assert "joined_on" not in invited


async def test_team_folders_and_namespaces(clock):
    client = inside(dropbox(now=clock, size=3, team=True))
    assert (await ask(client, "team/team_folder/list"))["team_folders"][0]["name"] == "Team Photos"
    assert {row["namespace_id"] for row in (await ask(client, "team/namespaces/list"))["namespaces"]} == {ROOT, HOME}


# Limits


@pytest.mark.parametrize("plain", [False, True])
async def test_too_many_calls_are_429_in_one_of_two_forms(clock, plain):
    partner = dropbox(now=clock, size=1, limits=(Window(1, 15.0),), plain_429=plain)
    client = inside(partner)
    await ask(client, "files/get_metadata", path="/jobs")
    answer = await client.post("files/get_metadata", json={"path": "/jobs"})
    assert answer.status_code == 429
    assert partner.violations == 1
    if plain:
        assert (answer.text, answer.headers["retry-after"]) == ("too_many_requests", "15")
    else:
        assert answer.json()["error"] == {"reason": {".tag": "too_many_requests"}, "retry_after": 15}


async def test_a_lock_of_the_namespace_is_409(clock):
    partner = dropbox(now=clock, size=1)
    partner.fail_next(1, 409, on="delete_v2")
    answer = await inside(partner).post("files/delete_v2", json={"path": "/jobs"})
    assert tag(answer) == (409, "too_many_write_operations")
