"""Exchanges kept and played back, over a wire of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from runner.client.recorder import Player, Recorder
from runner.client.scrub import Scrub
from runner.errors import PartnerUnavailable, SettingsError, UnexpectedResponse
from runner.model.secret import Secret
from tests.client.conftest import INTEGRATION, Desk, answer, connector


def held(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def call(desk: Desk, folder: Path, *, play: bool = False, **params: str) -> Any:
    made = connector(http={"retry": {"attempts": 1}})
    scrub = Scrub({"key": Secret("app-secret")})
    caller = desk.caller().over(lambda wire: Player(folder) if play else Recorder(wire, folder, scrub))
    return await caller.call(made, made.endpoints["jobs"], INTEGRATION, params=params)


@pytest.mark.parametrize(
    "given",
    [
        answer([{"id": 1, "url": "https://a.example/?q=1"}], X_Next="2"),
        httpx.Response(200, content=b"plain text"),
        httpx.Response(200, content=bytes(range(128, 256))),
    ],
    ids=["json", "text", "bytes"],
)
async def test_an_answer_comes_back_as_it_was(desk: Desk, tmp_path: Path, given: httpx.Response) -> None:
    desk.partner.answers = [given]
    first = await call(desk, tmp_path)
    again = await call(desk, tmp_path, play=True)
    assert (again.status, again.body, again.headers.get("x-next")) == (200, first.body, first.headers.get("x-next"))
    assert len(desk.partner.requests) == 1


async def test_answers_to_the_same_request_come_in_their_order_and_the_last_stays(desk: Desk, tmp_path: Path) -> None:
    desk.partner.answers = [answer([1]), answer([2])]
    caller, made = desk.caller(), connector()
    tape = caller.over(lambda wire: Recorder(wire, tmp_path, Scrub({})))
    for _ in range(2):
        await tape.call(made, made.endpoints["jobs"], INTEGRATION)
    player = caller.over(lambda _: Player(tmp_path))
    told = [(await player.call(made, made.endpoints["jobs"], INTEGRATION)).json for _ in range(3)]
    assert told == [[1], [2], [2]]


async def test_no_answer_is_played_as_none(desk: Desk, tmp_path: Path) -> None:
    desk.partner.answers = [httpx.ReadTimeout("slow")]
    for play in (False, True):
        with pytest.raises(PartnerUnavailable):
            await call(desk, tmp_path, play=play)


@pytest.mark.parametrize(
    ("params", "words"),
    [({"page": "2"}, r"no GET .*\?page=2 \(of `jobs` it has: GET .*\?page=1;"), ({}, "record anew")],
)
async def test_a_stranger_is_told_with_what_there_is(
    desk: Desk, tmp_path: Path, params: Mapping[str, str], words: str
) -> None:
    await call(desk, tmp_path, page="1")
    with pytest.raises(UnexpectedResponse, match=words):
        await call(desk, tmp_path, play=True, **params)


async def test_a_page_that_is_named_by_a_secret_is_found_by_its_order(desk: Desk, tmp_path: Path) -> None:
    await call(desk, tmp_path, token="first-secret")
    assert b"first-secret" not in held(tmp_path)
    assert (await call(desk, tmp_path, play=True, token="another-one")).status == 200


async def test_a_broken_file_is_named(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "0001-jobs.json").write_text("{}")
    with pytest.raises(SettingsError, match=r"0001-jobs\.json"):
        Player(tmp_path)
