"""Uploads, against the simulated Dropbox, with pieces of 64 bytes in place of 4 MiB."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from runner.authoring.simulate.dropbox import Dropbox
from runner.authoring.simulate.dropbox_tree import content_hash
from runner.connector.library import Connectors
from runner.engine.actions.act import act
from runner.engine.actions.once import offered, once
from runner.errors import (
    FileChanged,
    FileUnreadable,
    NotFound,
    PartnerUnavailable,
    PushError,
    UnexpectedResponse,
    UnknownOutcome,
)
from runner.model.integration import Integration
from runner.store.uploads import upload_pieces, uploads
from tests.cdn import HOST, URL, Cdn
from tests.partners import CONNECTORS, World, world
from tests.shelf import altered

BLOCK = 64
SMALL = {"block": BLOCK, "hash_block": BLOCK}
SESSION = "POST /2/files/upload_session"
TO = "/Jobs/1/roof.jpg"


class Killed(BaseException):
    """Nobody expects it, so nothing is put in order."""


@pytest.fixture
def connectors() -> Connectors:
    """Those that are shipped; Dropbox with small pieces, and hashes of the blocks that its simulator has."""
    sizes = {"whole_up_to: 8388608": 2 * BLOCK, "chunk: 4194304": BLOCK, "block: 4194304": BLOCK}
    return altered("dropbox", *((old, f"{old.partition(':')[0]}: {size}") for old, size in sizes.items()))


@pytest.fixture
async def here(database_url: str, connectors: Connectors) -> AsyncIterator[World]:
    async with world(database_url, connectors=connectors, partners=("dropbox",), size=2, dropbox=SMALL) as opened:
        yield opened


@pytest.fixture
def partner(here: World) -> Dropbox:
    found: Dropbox = here.partners["dropbox"]
    return found


@pytest.fixture
async def company(here: World) -> Integration:
    return await here.connect("dropbox")


@pytest.fixture
def cdn(here: World) -> Cdn:
    made = Cdn(1000)
    here.wire.hosts[HOST] = made
    return made


async def send(here: World, company: Integration, **more: object) -> dict[str, object]:
    return await act(here.house, company, "upload_file", {"file": URL, "path": TO, **more})


def stored(partner: Dropbox, path: str = TO) -> bytes:
    row = partner.tree.at(path)
    assert row is not None
    found: bytes = partner.tree.contents[row["id"]]
    return found


async def left(here: World) -> int:
    count = 0
    for table in (uploads, upload_pieces):
        count += len(await here.read(lambda c, table=table: c.execute(table.select()).all()))
    return count


@pytest.mark.parametrize("size", [0, 1, 64, 128])
async def test_a_small_file_is_sent_by_one_call(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn, size: int
) -> None:
    cdn.size = size
    made = await send(here, company)
    assert stored(partner) == cdn.whole
    assert (made["path"], made["checksum"]) == (TO, content_hash(cdn.whole, BLOCK))
    assert partner.calls[f"{SESSION}/start"] == 0


@pytest.mark.parametrize("size", [129, 192, 1000, 1024])
async def test_a_large_one_goes_in_pieces_of_whole_blocks(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn, size: int
) -> None:
    cdn.size = size
    await send(here, company)
    assert stored(partner) == cdn.whole
    assert partner.calls[f"{SESSION}/append_v2"] == -(-size // BLOCK)
    assert await left(here) == 0


async def test_how_far_it_is_is_told(here: World, company: Integration, cdn: Cdn) -> None:
    told: list[tuple[int, int]] = []
    await act(here.house, company, "upload_file", {"file": URL, "path": TO}, lambda at, size: told.append((at, size)))
    assert (told[0], told[-1]) == ((0, 1000), (1000, 1000))
    assert [at for at, _ in told] == sorted(at for at, _ in told)


async def test_the_time_of_a_file_is_told_as_dropbox_wants_it(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    await send(here, company, modified_at="2026-05-04T09:20:10.123456-06:00")
    row = partner.tree.at(TO)
    assert row is not None
    assert row["client_modified"] == "2026-05-04T15:20:10Z"


async def test_the_same_file_again_is_no_second_one(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    assert await send(here, company) == await send(here, company)
    assert partner.tree.at("/jobs/1/roof (1).jpg") is None


async def test_another_file_at_the_same_path_is_told(here: World, company: Integration, cdn: Cdn) -> None:
    await send(here, company)
    cdn.seed = 2
    with pytest.raises(UnexpectedResponse, match=r"conflict.*rename one of the two"):
        await send(here, company)


@pytest.mark.parametrize(("call", "times"), [("append_v2", 3), ("start", 1), ("finish", 2)])
@pytest.mark.parametrize("failure", [500, 429, 409, "lost"])
async def test_what_fails_on_the_way_is_made_good(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn, call: str, times: int, failure: object
) -> None:
    partner.fail_next(times, failure, on=f"upload_session/{call}")  # type: ignore[arg-type]
    await send(here, company)
    assert stored(partner) == cdn.whole


@pytest.mark.parametrize(("ranges", "asked"), [(True, 20), (False, 4)])
async def test_a_source_that_breaks_off_is_read_on_from_there(
    here: World, partner: Dropbox, company: Integration, ranges: bool, asked: int
) -> None:
    """A host without ranges is read in one go as long as it holds; one with them piece by piece."""
    cdn = Cdn(1000, step=96, ranges=ranges, breaks=[192, 704])
    here.wire.hosts[HOST] = cdn
    await send(here, company)
    assert stored(partner) == cdn.whole
    assert not cdn.breaks
    assert len(cdn.requests) <= asked


async def broken_off(here: World, partner: Dropbox, company: Integration, after: int) -> None:
    """An upload that ended after some pieces, as one whose process was killed."""

    async def cut(request: httpx.Request) -> None:
        if partner.calls[f"{SESSION}/append_v2"] >= after and "append_v2" in request.url.path:
            raise Killed

    here.wire.before = cut
    with pytest.raises(Killed):
        await send(here, company)
    here.wire.before = None


async def test_what_broke_off_goes_on_where_it_was(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    await broken_off(here, partner, company, after=8)
    cdn.requests.clear()
    await send(here, company)
    assert stored(partner) == cdn.whole
    assert partner.calls[f"{SESSION}/start"] == 1
    assert partner.calls[f"{SESSION}/append_v2"] == 16
    assert cdn.requests[1].headers["range"] == f"bytes={8 * BLOCK}-{9 * BLOCK - 1}"
    assert await left(here) == 0


async def test_a_new_signature_of_the_address_is_no_other_file(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    await broken_off(here, partner, company, after=8)
    await send(here, company, file=f"{URL}?sig=new")
    assert partner.calls[f"{SESSION}/append_v2"] == 16


async def test_a_file_that_changed_meanwhile_begins_anew(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    await broken_off(here, partner, company, after=8)
    cdn.seed = 2
    await send(here, company)
    assert stored(partner) == cdn.whole
    assert partner.calls[f"{SESSION}/start"] == 2


async def test_a_file_of_which_nobody_tells_whether_it_changed_begins_anew(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    cdn.tagged = False
    await broken_off(here, partner, company, after=8)
    cdn.seed = 2
    await send(here, company)
    assert stored(partner) == cdn.whole


async def test_a_file_that_changes_while_it_is_read_begins_anew(
    here: World, partner: Dropbox, company: Integration
) -> None:
    cdn = Cdn(1000)
    here.wire.hosts[HOST] = cdn

    async def change(request: httpx.Request) -> None:
        if request.url.host == HOST and request.headers.get("range", "").startswith("bytes=256-"):
            cdn.seed = 2

    here.wire.before = change
    await send(here, company)
    assert stored(partner) == Cdn(1000, 2).whole


async def test_one_that_changes_all_the_time_is_given_up(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    async def change(request: httpx.Request) -> None:
        cdn.seed += request.url.host == HOST

    here.wire.before = change
    with pytest.raises(FileChanged):
        await send(here, company)
    assert partner.tree.at(TO) is None


async def test_a_session_that_is_gone_begins_anew(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    await broken_off(here, partner, company, after=8)
    here.clock.advance(8 * 86_400)
    await send(here, company)
    assert stored(partner) == cdn.whole
    assert partner.calls[f"{SESSION}/start"] == 2


async def test_other_bytes_at_the_partner_are_an_error(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    put = partner.tree.put_file
    partner.tree.put_file = lambda path, body, modified=None: put(path, body[:-1] + b"?", modified)  # type: ignore[method-assign]
    with pytest.raises(UnexpectedResponse, match=r"other bytes than were sent.*send it again"):
        await send(here, company)


async def test_two_pieces_are_on_their_way_at_once_and_the_last_one_alone(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    pair, begun, most = asyncio.Barrier(2), 0, 0

    async def begin(request: httpx.Request) -> None:
        nonlocal begun, most
        begun += "append_v2" in request.url.path
        most = max(most, begun - partner.calls[f"{SESSION}/append_v2"])
        if "append_v2" in request.url.path and begun <= 14:
            await pair.wait()

    here.wire.before = begin
    await send(here, company)
    assert (begun, most) == (16, 2)
    assert stored(partner) == cdn.whole


async def test_a_source_gets_no_credential_and_no_path(here: World, company: Integration, cdn: Cdn) -> None:
    await send(here, company)
    for request in cdn.requests:
        assert set(request.headers) <= {"host", "accept", "accept-encoding", "connection", "user-agent", "range"}


async def test_a_source_that_is_away_can_be_tried_again(here: World, company: Integration) -> None:
    with pytest.raises(PartnerUnavailable) as error:
        await send(here, company)
    assert not error.value.sent


@pytest.mark.parametrize(
    ("file", "error"), [("/etc/passwd", FileUnreadable), (7, PushError), ("file:///etc/passwd", FileUnreadable)]
)
async def test_what_is_no_address_is_not_sent(
    here: World, company: Integration, file: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await send(here, company, file=file)


async def test_a_path_of_this_machine_is_sent_where_a_person_chose_it(
    here: World, partner: Dropbox, company: Integration, tmp_path: Path
) -> None:
    path = tmp_path / "plan.bin"
    path.write_bytes(bytes(1000))
    await send(here, company, file=path)
    assert stored(partner) == bytes(1000)


async def test_an_app_of_a_team_and_an_account_of_its_own_are_served_alike(
    database_url: str, connectors: Connectors
) -> None:
    for options, settings in (
        ({"team": True}, {"team_member_id": "dbmid:AAAAexampleMember"}),
        ({"team_space": False}, {}),
    ):
        async with world(
            database_url, connectors=connectors, partners=("dropbox",), size=2, dropbox={**SMALL, **options}
        ) as here:
            here.wire.hosts[HOST] = Cdn(1000)
            company = await here.connect("dropbox", company=str(options), **settings)
            await send(here, company)
            assert stored(here.partners["dropbox"]) == Cdn(1000).whole


def test_the_shipped_pieces_are_what_dropbox_takes() -> None:
    upload = CONNECTORS.get("dropbox").actions["upload_file"].upload
    assert upload is not None
    assert upload.checksum is not None
    assert (upload.chunk % 4_194_304, upload.checksum.block) == (0, 4_194_304)  # type: ignore[attr-defined]


async def test_the_steps_of_an_upload_are_not_to_be_asked_for(here: World, company: Integration) -> None:
    assert "upload_file" in offered(here.house.connectors.get("dropbox"))
    with pytest.raises(NotFound, match="step of the runner's own"):
        await once(here.house, company, "start_upload", {})


async def test_an_act_that_broke_off_goes_on_by_its_key(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    partner.fail_next(10, 500, on="append_v2")
    with pytest.raises(UnknownOutcome, match="ask again with the key key-1"):
        await once(here.house, company, "upload_file", {"file": URL, "path": TO}, "key-1")
    done = await once(here.house, company, "upload_file", {"file": URL, "path": TO}, "key-1")
    assert (stored(partner), done.result["path"]) == (cdn.whole, TO)


async def test_changes_of_one_namespace_wait_for_each_other(
    here: World, partner: Dropbox, company: Integration, cdn: Cdn
) -> None:
    cdn.size = 300
    works = [act(here.house, company, "upload_file", {"file": URL, "path": f"/Jobs/{at}.jpg"}) for at in range(4)]
    works += [act(here.house, company, "create_folder", {"path": f"/Folders/{at}"}) for at in range(3)]
    await asyncio.gather(*works)
    assert partner.violations == 0
    assert all(stored(partner, f"/Jobs/{at}.jpg") == cdn.whole for at in range(4))


class Taking(httpx.AsyncBaseTransport):
    """The partner, which counts how much of a file is on its way: given by the source, and not taken yet."""

    def __init__(self, cdn: Cdn, inner: httpx.AsyncBaseTransport) -> None:
        self.cdn, self.inner, self.taken, self.most = cdn, inner, 0, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = b""
        async for part in request.stream:  # type: ignore[union-attr]
            self.most = max(self.most, self.cdn.given - self.taken)
            self.taken += len(part)
            content += part
        return await self.inner.handle_async_request(
            httpx.Request(request.method, request.url, headers=request.headers, content=content)
        )


@pytest.mark.parametrize(("ranges", "most"), [(True, 4 * 16), (False, 2 * BLOCK + 16)])
async def test_only_pieces_on_their_way_are_held(
    here: World, partner: Dropbox, company: Integration, ranges: bool, most: int
) -> None:
    """With ranges, less than a piece; without them, the two that are sent at once and what came with their end."""
    cdn = Cdn(2000, step=16, ranges=ranges)
    host = "content.dropboxapi.com"
    here.wire.hosts |= {HOST: cdn, host: (taking := Taking(cdn, here.wire.hosts[host]))}
    await send(here, company)
    assert stored(partner) == cdn.whole
    assert taking.taken == 2000
    assert 0 < taking.most <= most
