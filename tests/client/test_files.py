from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpcore
import httpx
import pytest

from runner.client.files import Files
from runner.client.guard import Guard, open_http
from runner.errors import FileChanged, FileUnreadable, PartnerUnavailable
from runner.model.file import File

CONTENT = bytes(range(256)) * 1000
AT = "https://cdn.example/a/roof%20one.jpg?sig=abcdef0123456789abcdef"
Answer = Callable[[httpx.Request], httpx.Response]


class Slowly(httpx.AsyncByteStream):
    """A body in pieces, without a length."""

    def __init__(self, content: bytes, breaks: bool = False) -> None:
        self.content, self.breaks, self.closed = content, breaks, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.content), 1000):
            yield self.content[at : at + 1000]
        if self.breaks:
            raise httpx.ReadError("gone")

    async def aclose(self) -> None:
        self.closed = True


def ranged(request: httpx.Request) -> httpx.Response:
    """A host that takes ranges."""
    head = {"ETag": '"v1"', "Content-Type": "image/jpeg"}
    first, _, last = request.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")
    if "range" not in request.headers:
        return httpx.Response(200, headers=head, content=CONTENT)
    part = CONTENT[int(first) : int(last) + 1 if last else None]
    told = f"bytes {first}-{int(first) + len(part) - 1}/{len(CONTENT)}"
    return httpx.Response(206, headers={**head, "Content-Range": told}, content=part)


def whole(request: httpx.Request) -> httpx.Response:
    """A host that does not, and does not say how long it is."""
    return httpx.Response(200, stream=Slowly(CONTENT))


class Host:
    """Remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.requests = answer, list[httpx.Request]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)

    def files(self, **options: int) -> Files:
        return Files(open_http(transport=httpx.MockTransport(self)), **options)


async def read(file: File, begin: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in file.read(begin, file.size if end is None else end)])


@pytest.mark.parametrize("answer", [ranged, whole])
@pytest.mark.parametrize("offset", [0, 1, 70_000, len(CONTENT)])
async def test_it_is_read_from_anywhere_and_again(answer: Answer, offset: int) -> None:
    found = await Host(answer).files().find(AT)
    assert found.size == len(CONTENT)
    assert [await read(found, offset), await read(found, offset)] == [CONTENT[offset:]] * 2


@pytest.mark.parametrize("answer", [ranged, whole])
@pytest.mark.parametrize(("begin", "end"), [(0, 1), (70_000, 70_001), (999, 130_000), (5, 5), (0, len(CONTENT) - 1)])
async def test_a_part_of_it_is_read_alone(answer: Answer, begin: int, end: int) -> None:
    found = await Host(answer).files().find(AT)
    assert found.is_random == (answer is ranged)
    assert await read(found, begin, end) == CONTENT[begin:end]
    assert await read(found.part(begin, end)) == CONTENT[begin:end]


async def test_what_is_known_of_it() -> None:
    found = await Host(ranged).files().find(AT)
    assert (found.name, found.type, found["size"]) == ("roof one.jpg", "image/jpeg", len(CONTENT))


async def test_only_one_byte_is_asked_for_to_look_and_no_credential_is_sent() -> None:
    host = Host(ranged)
    await host.files().find(AT)
    (asked,) = host.requests
    assert asked.headers["range"] == "bytes=0-0"
    assert {"authorization", "cookie"}.isdisjoint(asked.headers)


async def test_an_empty_file_is_a_file() -> None:
    empty = httpx.Response(416, headers={"Content-Range": "bytes */0"})
    found = await Host(lambda _: empty).files().find(AT)
    assert (found.size, await read(found)) == (0, b"")


async def test_what_changed_meanwhile_is_not_mixed() -> None:
    host = Host(ranged)
    found = await host.files().find(AT)
    host.answer = lambda request: httpx.Response(200, headers={"ETag": '"v2"'}, content=CONTENT)
    with pytest.raises(FileChanged):
        await read(found)


async def test_what_grew_without_saying_so_is_told() -> None:
    host = Host(whole)
    found = await host.files().find(AT)
    host.answer = lambda _: httpx.Response(200, stream=Slowly(CONTENT + b"more"))
    with pytest.raises(FileChanged):
        await read(found)


def cut(breaks: bool) -> Answer:
    return lambda _: httpx.Response(200, stream=Slowly(CONTENT[:5000], breaks))


@pytest.mark.parametrize("broken", [cut(False), cut(True)])
async def test_what_breaks_off_can_be_tried_again(broken: Answer) -> None:
    host = Host(whole)
    found = await host.files().find(AT)
    host.answer = broken
    with pytest.raises(PartnerUnavailable) as error:
        await read(found)
    assert not error.value.sent


async def test_whoever_stops_early_lets_the_connection_go() -> None:
    host, body = Host(whole), Slowly(CONTENT)
    found = await host.files().find(AT)
    host.answer = lambda _: httpx.Response(200, stream=body)
    pieces = found.read(0, found.size)
    await anext(pieces)
    await pieces.aclose()
    assert body.closed


@pytest.mark.parametrize(("status", "error"), [(404, FileUnreadable), (403, FileUnreadable), (503, PartnerUnavailable)])
async def test_a_refusal_is_told_without_the_signature(status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"cdn\.example/a/roof one\.jpg.*{status}") as told:
        await Host(lambda _: httpx.Response(status)).files().find(AT)
    assert "abcdef" not in str(told.value)


async def test_a_compressed_answer_has_other_bytes_than_the_file() -> None:
    with pytest.raises(FileUnreadable, match="compressed"):
        await (
            Host(lambda _: httpx.Response(200, headers={"Content-Encoding": "br"}, stream=Slowly(b"x")))
            .files()
            .find(AT)
        )


async def test_one_that_is_too_large_is_refused() -> None:
    with pytest.raises(FileUnreadable, match=r"files\.largest"):
        await Host(ranged).files(largest=10).find(AT)


NO_WEB = ["ftp://a.example/x", "/etc/passwd", "https://u:p@a.example/x", "https://", "file:///etc/passwd"]


@pytest.mark.parametrize("address", NO_WEB)
async def test_what_is_no_web_address_is_not_fetched(address: str) -> None:
    host = Host(ranged)
    with pytest.raises(FileUnreadable):
        await host.files().find(address)
    assert host.requests == []


def redirecting(*steps: str) -> Host:
    left = list(steps)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": left.pop(0)}) if left else ranged(request)

    return Host(answer)


async def test_redirects_are_followed_with_nothing_but_the_address() -> None:
    host = redirecting("/b", "https://other.example/c")
    assert (await host.files().find(AT)).size == len(CONTENT)
    assert [request.url.host for request in host.requests] == ["cdn.example", "cdn.example", "other.example"]


ASTRAY = [["http://cdn.example/x"], ["file:///etc/passwd"], ["/again"] * 6, ["https://u:p@a.example/"]]


@pytest.mark.parametrize("steps", ASTRAY)
async def test_redirects_to_where_a_file_may_not_be_are_not(steps: list[str]) -> None:
    with pytest.raises(FileUnreadable):
        await redirecting(*steps).files().find(AT)


class Inside(httpcore.AsyncMockBackend):
    """The network behind the guard: it counts who gets through."""

    async def connect_tcp(self, *args: object, **more: object) -> httpcore.AsyncNetworkStream:
        raise AssertionError(f"connected to {args[0]}")


@pytest.mark.parametrize("private", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1"])
async def test_private_addresses_are_refused_where_the_connection_is_made(private: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return [private]

    pool = httpcore.AsyncConnectionPool(network_backend=Guard((), resolve, Inside([])))

    class Pooled(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await pool.request(request.method, str(request.url))
            raise AssertionError("answered")

    with pytest.raises(FileUnreadable, match="private address"):
        await Files(open_http(transport=Pooled())).find("http://harmless.example/x")


async def test_a_path_is_read_and_noticed_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "roof.png"
    path.write_bytes(CONTENT)
    found = await Host(ranged).files().find(path)
    assert (found.name, found.type, await read(found, 100_000, 100_010)) == (
        "roof.png",
        "image/png",
        CONTENT[100_000:100_010],
    )
    path.write_bytes(CONTENT[:-1])
    os.utime(path, ns=(1, 1))
    with pytest.raises(FileChanged):
        await read(found)


async def test_file_addresses_stay_within_the_folders_of_the_operator(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("in/a.txt", "out.txt"):
        (tmp_path / name).write_bytes(b"hello")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out.txt")
    files = Files(open_http(transport=httpx.MockTransport(ranged)), folders=[tmp_path / "in"])
    assert await read(await files.find(f"file://{tmp_path}/in/a.txt")) == b"hello"
    for outside in ("in/../out.txt", "in/link"):
        with pytest.raises(FileUnreadable, match="folder"):
            await files.find(f"file://{tmp_path}/{outside}")


async def test_a_path_without_a_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(FileUnreadable):
            await Host(ranged).files().find(path)


class Endless(httpx.AsyncByteStream):
    """A body that never ends."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield bytes(60_000)


async def test_a_body_without_end_is_read_as_far_as_a_file_may_go() -> None:
    host = Host(lambda _: httpx.Response(200, stream=Endless()))
    with pytest.raises(FileUnreadable, match="1000000 are allowed"):
        await host.files(largest=1_000_000).find(AT)


@pytest.mark.parametrize(
    "address", ["http://[", "https://[::1/a.jpg", "file:///tmp/a%00b", "file://[/a", "https://a:b/c"]
)
async def test_what_is_no_address_at_all_is_refused(address: str) -> None:
    with pytest.raises(FileUnreadable):
        await Host(ranged).files().find(address)


@pytest.mark.parametrize("onward", ["http://[", "https://[::1/a.jpg", "https://a:b/c"])
async def test_a_redirect_to_no_address_at_all_is_refused(onward: str) -> None:
    with pytest.raises((FileUnreadable, PartnerUnavailable)):
        await Host(lambda _: httpx.Response(302, headers={"Location": onward})).files().find(AT)


@pytest.mark.parametrize(
    ("status", "head"),
    [(200, {"Content-Length": "9" * 5000}), (206, {"Content-Range": f"bytes 0-0/{'9' * 5000}"})],
)
async def test_a_size_beyond_all_sense_is_refused(status: int, head: dict[str, str]) -> None:
    with pytest.raises(FileUnreadable):
        await Host(lambda _: httpx.Response(status, headers=head, stream=Slowly(b"x"))).files().find(AT)


async def test_a_part_of_a_whole_that_nobody_knows_is_not_taken_for_the_whole() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "range" in request.headers:
            return httpx.Response(206, headers={"Content-Range": "bytes 0-0/*"}, content=CONTENT[:1])
        return httpx.Response(200, stream=Slowly(CONTENT))

    found = await Host(answer).files().find(AT)
    assert (found.size, await read(found)) == (len(CONTENT), CONTENT)
