from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.dropbox import Dropbox, dropbox
from runner.authoring.simulate.dropbox_tree import content_hash

BYTES = {"Content-Type": "application/octet-stream"}
SESSION = "files/upload_session"
SURVEY = "/jobs/1001/survey.pdf"


@pytest.fixture
def partner(clock):
    return dropbox(now=clock, size=3, block=4, most_bytes=64)


def inside(partner: Dropbox) -> httpx.AsyncClient:
    token = partner.grants.issue()["access_token"]
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=partner.app),
        base_url="https://content.dropboxapi.com/2/",
        headers={"Authorization": f"Bearer {token}"},
    )


async def send(client: httpx.AsyncClient, route: str, content: bytes = b"", **args: Any) -> httpx.Response:
    return await client.post(route, content=content, headers={**BYTES, "Dropbox-API-Arg": json.dumps(args)})


async def begin(client: httpx.AsyncClient, content: bytes = b"", **args: Any) -> str:
    return (await send(client, f"{SESSION}/start", content, **args)).json()["session_id"]


def at(session: str, offset: int) -> dict[str, Any]:
    return {"cursor": {"session_id": session, "offset": offset}}


def flaw(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 409, answer.text
    return answer.json()["error"]


async def test_a_whole_upload_answers_metadata_without_a_tag(partner):
    made = (await send(inside(partner), "files/upload", b"new", path="/Jobs/2001/new.txt", mute=True)).json()
    assert ".tag" not in made
    assert (made["size"], made["path_lower"]) == (3, "/jobs/2001/new.txt")
    assert made["content_hash"] == content_hash(b"new")
    assert partner.tree.at("/alex example/jobs/2001") is not None


async def test_the_same_bytes_are_no_conflict_others_are(partner):
    client = inside(partner)
    same = await send(client, "files/upload", b"hello", path=SURVEY, mode="add")
    other = await send(client, "files/upload", b"other", path=SURVEY, mode="add")
    strict = await send(client, "files/upload", b"hello", path=SURVEY, strict_conflict=True)
    assert same.status_code == 200
    assert flaw(other)["reason"] == {".tag": "conflict", "conflict": {".tag": "file"}}
    assert other.json()["error_summary"].startswith("path/conflict/file")
    assert strict.status_code == 409


async def test_autorename_overwrite_and_update(partner):
    client = inside(partner)
    renamed = (await send(client, "files/upload", b"a", path=SURVEY, autorename=True)).json()
    assert renamed["path_lower"] == "/jobs/1001/survey (1).pdf"
    over = (await send(client, "files/upload", b"b", path=SURVEY, mode="overwrite")).json()
    update = {".tag": "update", "update": over["rev"]}
    good = await send(client, "files/upload", b"c", path=SURVEY, mode=update)
    stale = await send(client, "files/upload", b"d", path=SURVEY, mode=update)
    assert (good.status_code, stale.status_code) == (200, 409)
    assert good.json()["id"] == over["id"]


async def test_bytes_that_do_not_fit_their_hash_are_refused(partner):
    answer = await send(inside(partner), "files/upload", b"a", path="/x.txt", content_hash=content_hash(b"b"))
    assert flaw(answer)[".tag"] == "content_hash_mismatch"


async def test_too_many_bytes_for_one_request(partner):
    assert flaw(await send(inside(partner), "files/upload", bytes(65), path="/x"))[".tag"] == "payload_too_large"


@pytest.mark.parametrize(
    "change", [{"client_modified": "2026-05-04T15:20:11.000Z"}, {"mode": 1}, {"colour": "red"}, {"path": None}]
)
async def test_a_malformed_commit_is_400(partner, change):
    assert (await send(inside(partner), "files/upload", b"a", **{"path": "/x", **change})).status_code == 400


async def test_the_content_type_must_be_bytes(partner):
    headers = {"Content-Type": "application/json", "Dropbox-API-Arg": '{"path": "/x"}'}
    assert (await inside(partner).post("files/upload", content=b"a", headers=headers)).status_code == 400


async def test_a_session_takes_its_pieces_one_after_the_other(partner):
    client = inside(partner)
    session = await begin(client, b"one ")
    assert session.startswith("pid_upload_session:")
    appended = await send(client, f"{SESSION}/append_v2", b"two ", **at(session, 4))
    assert (appended.status_code, appended.text) == (200, "null")
    commit = {"path": "/Jobs/big.bin", "mode": "add", "client_modified": "2026-03-02T09:15:00Z"}
    made = (await send(client, f"{SESSION}/finish", b"three", **at(session, 8), commit=commit)).json()
    assert (made["size"], made["client_modified"]) == (13, "2026-03-02T09:15:00Z")
    assert partner.tree.contents[made["id"]] == b"one two three"
    again = await send(client, f"{SESSION}/finish", b"three", **at(session, 8), commit=commit)
    assert flaw(again) == {".tag": "lookup_failed", "lookup_failed": {".tag": "not_found"}}


async def test_a_wrong_offset_says_where_to_go_on(partner):
    client = inside(partner)
    session = await begin(client, b"12345678")
    append = await send(client, f"{SESSION}/append_v2", b"x", **at(session, 4))
    finish = await send(client, f"{SESSION}/finish", **at(session, 4), commit={"path": "/x"})
    assert flaw(append) == {".tag": "incorrect_offset", "correct_offset": 8}
    assert flaw(finish) == {
        ".tag": "lookup_failed",
        "lookup_failed": {".tag": "incorrect_offset", "correct_offset": 8},
    }
    assert finish.json()["error_summary"].startswith("lookup_failed/incorrect_offset")


async def test_when_the_path_is_refused_the_bytes_are_kept(partner):
    client = inside(partner)
    session = await begin(client, b"1234")
    taken = await send(client, f"{SESSION}/finish", b"5678", **at(session, 4), commit={"path": SURVEY})
    assert flaw(taken) == {".tag": "path", "path": {".tag": "conflict", "conflict": {".tag": "file"}}}
    made = await send(client, f"{SESSION}/finish", **at(session, 8), commit={"path": "/x.bin"})
    assert made.json()["size"] == 8


async def test_a_closed_session_takes_no_more(partner):
    client = inside(partner)
    session = await begin(client, b"1234", close=True)
    assert flaw(await send(client, f"{SESSION}/append_v2", b"x", **at(session, 4)))[".tag"] == "closed"


async def test_a_session_is_over_after_seven_days(partner, clock):
    session = await begin(inside(partner))
    clock.pass_by(7 * 86_400)
    assert flaw(await send(inside(partner), f"{SESSION}/append_v2", b"x", **at(session, 0)))[".tag"] == "not_found"


async def test_a_concurrent_session_takes_whole_blocks_in_any_order(partner):
    client = inside(partner)
    session = await begin(client, session_type="concurrent")
    await send(client, f"{SESSION}/append_v2", b"5678", **at(session, 4))
    odd = await send(client, f"{SESSION}/append_v2", b"123", **at(session, 0))
    crooked = await send(client, f"{SESSION}/append_v2", b"1234", **at(session, 2))
    assert flaw(odd)[".tag"] == "concurrent_session_invalid_data_size"
    assert flaw(crooked)[".tag"] == "concurrent_session_invalid_offset"
    await send(client, f"{SESSION}/append_v2", b"1234", **at(session, 0))
    commit = {"path": "/x.bin"}
    early = await send(client, f"{SESSION}/finish", **at(session, 8), commit=commit)
    assert flaw(early)["lookup_failed"][".tag"] == "not_closed"
    await send(client, f"{SESSION}/append_v2", b"9", **at(session, 8), close=True)
    made = (await send(client, f"{SESSION}/finish", **at(session, 9), commit=commit)).json()
    assert partner.tree.contents[made["id"]] == b"123456789"


async def test_a_concurrent_session_starts_without_bytes(partner):
    answer = await send(inside(partner), f"{SESSION}/start", b"x", session_type="concurrent")
    assert flaw(answer)[".tag"] == "concurrent_session_data_not_allowed"


async def test_many_sessions_are_finished_at_once_in_their_order(partner):
    client = inside(partner)
    ids = (await client.post(f"{SESSION}/start_batch", json={"num_sessions": 3})).json()["session_ids"]
    for session in ids[:2]:
        await send(client, f"{SESSION}/append_v2", b"1234", **at(session, 0), close=True)
    entries = [
        {**at(ids[0], 4), "commit": {"path": "/a.bin"}},
        {**at(ids[1], 4), "commit": {"path": SURVEY}},
        {**at(ids[2], 0), "commit": {"path": "/c.bin"}},
    ]
    first, second, third = (await client.post(f"{SESSION}/finish_batch_v2", json={"entries": entries})).json()[
        "entries"
    ]
    assert (first[".tag"], first["name"]) == ("success", "a.bin")
    conflict = {".tag": "conflict", "conflict": {".tag": "file"}}
    assert second == {".tag": "failure", "failure": {".tag": "path", "path": conflict}}
    assert third["failure"]["lookup_failed"] == {".tag": "not_closed"}


async def test_one_body_feeds_many_sessions(partner):
    client = inside(partner)
    ids = (await client.post(f"{SESSION}/start_batch", json={"num_sessions": 2})).json()["session_ids"]
    entries = [{**at(ids[0], 0), "length": 3, "close": True}, {**at(ids[1], 9), "length": 2}]
    results = (await send(client, f"{SESSION}/append_batch", b"abcde", entries=entries)).json()["entries"]
    assert [one[".tag"] for one in results] == ["success", "failure"]
    assert results[1]["failure"] == {".tag": "incorrect_offset", "correct_offset": 0}


async def test_a_namespace_takes_one_change_at_a_time(partner):
    client = inside(partner)
    answers = await asyncio.gather(
        *(send(client, "files/upload", b"new", path=f"/Jobs/{number}.txt") for number in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["error"] == {".tag": "too_many_write_operations"}
    assert partner.violations == 2
