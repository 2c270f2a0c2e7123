"""Files that are to be sent, where they are: at an address, or on this machine. None is ever held as a whole.

An address comes from a partner's data or from the host, so it is not trusted: only http and https, guarded connections
(see `runner.client.guard`), each redirect looked at again, no credential, a limit to size and patience.
"""

from __future__ import annotations

import asyncio
import mimetypes
import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import httpx

from runner.client.address import shown
from runner.errors import FileAway, FileChanged, FileUnreadable, SettingsError
from runner.model.file import PIECE, PLAIN, File

LARGEST = 10_000_000_000
"""Bytes of one file, unless runner.yaml says otherwise."""
MOST_REDIRECTS = 5
SLOWEST = 10_000
"""Bytes a second, beside a minute to begin with."""
AWAY = (408, 425, 429)
"""Besides 5xx, answers of an address that a later try may get better ones than."""
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
_DIGITS = 19
"""No size has more."""


class Files:
    """Finds files. `folders` are those of this machine that addresses `file:///...` may lie in: none unless said."""

    def __init__(self, http: httpx.AsyncClient, largest: int = LARGEST, folders: Sequence[Path] = ()) -> None:
        self._http = http
        self._largest = largest
        self._folders = [folder.resolve() for folder in folders]

    async def find(self, where: str | Path) -> File:
        """The file at an address, or (a Path: somebody at this machine chose it) at a path.

        FileUnreadable when there is none that may be sent, FileAway when its host does not answer now.
        """
        if isinstance(where, str) and _parts(where).scheme != "file":
            found = await _Remote(self._http, _checked(where), self._largest).look()
        else:
            path = where if isinstance(where, Path) else await asyncio.to_thread(self._allowed, where)
            found = await asyncio.to_thread(_local, path)
        if found.size > self._largest:
            raise FileUnreadable(
                f"{found.name} has {found.size} bytes, and {self._largest} are allowed (raise files.largest in "
                "runner.yaml)"
            )
        return found

    def _allowed(self, address: str) -> Path:
        try:
            path = Path(unquote(_parts(address).path)).resolve()
        except (ValueError, OSError, RuntimeError):  # NUL in it, or links that lead round
            raise FileUnreadable("the path of a file cannot be read") from None
        if not any(path.is_relative_to(folder) for folder in self._folders):
            raise FileUnreadable(f"{path.name} lies in no folder that may be read from (files.folders in runner.yaml)")
        return path


def _parts(address: str, base: str = "") -> SplitResult:
    try:
        return urlsplit(urljoin(base, address))
    except ValueError:
        raise FileUnreadable("the address of a file cannot be read") from None


def _checked(address: str, base: str = "") -> str:
    """The address, seen from `base`, when a file may be fetched from there."""
    parts = _parts(address, base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FileUnreadable("a file is fetched from an address that begins with https://")
    if parts.username is not None or parts.password is not None:
        raise FileUnreadable(f"the address of a file at {parts.hostname} holds a password: that is not sent")
    return parts.geturl() if base else address


def _local(path: Path) -> File:
    """What the file system says of it now."""
    try:
        stat = path.stat()
        if not path.is_file():
            raise FileUnreadable(f"{path} is not a file")
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}") from None
    version = f"{stat.st_ino}-{stat.st_mtime_ns}-{stat.st_size}"

    async def read(begin: int, end: int) -> AsyncGenerator[bytes, None]:
        if (await asyncio.to_thread(_local, path)).version != version:
            raise FileChanged(f"{path} has changed meanwhile")
        opened, left = await asyncio.to_thread(path.open, "rb"), end - begin
        try:
            await asyncio.to_thread(opened.seek, begin)
            while left and (piece := await asyncio.to_thread(opened.read, min(PIECE, left))):
                left -= len(piece)
                yield piece
        finally:
            opened.close()
        if left:
            raise FileChanged(f"{path} has changed meanwhile")

    return File(path.name, stat.st_size, read, mimetypes.guess_type(path.name)[0] or PLAIN, version)


@dataclass(frozen=True)
class _Remote:
    """A file at an address; what it is called in messages holds no secrets."""

    http: httpx.AsyncClient
    url: str = field(repr=False)
    largest: int = LARGEST

    @property
    def told(self) -> str:
        return shown(self.url)

    async def look(self) -> File:
        """Its size and version. Many addresses are signed for GET alone: so one byte is asked for, not HEAD."""
        answer = await self._open("bytes=0-0")
        if answer.status_code == 206 and _size(answer) is None:
            await answer.aclose()
            answer = await self._open(None)
        try:
            size = _size(answer)
            if size is None:
                size = await self._count(answer)
        finally:
            await answer.aclose()
        version, path = _version(answer, size), unquote(urlsplit(self.url).path)
        declared = answer.headers.get("content-type", "").strip()
        name = path.rstrip("/").rpartition("/")[2] or "file"
        kind = declared or mimetypes.guess_type(name)[0] or PLAIN

        async def read(begin: int, end: int) -> AsyncGenerator[bytes, None]:
            async with aclosing(self._read(begin, end, size, version)) as pieces:
                async for piece in pieces:
                    yield piece

        told = version if _tag(answer) else ""
        return File(name, size, read, kind, told, is_random=bool(told) and answer.status_code != 200)

    async def _count(self, answer: httpx.Response) -> int:
        """How many bytes come: at most one piece more than a file may have."""
        size = 0
        async with aclosing(self._pieces(answer)) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > self.largest:
                    break
        return size

    async def _read(self, begin: int, end: int, size: int, version: str) -> AsyncGenerator[bytes, None]:
        if begin >= end:
            return
        answer = await self._open(None if (begin, end) == (0, size) else f"bytes={begin}-{end - 1}")
        try:
            found = _size(answer)
            if _version(answer, size if found is None else found) != version:
                raise FileChanged(f"{self.told} has changed meanwhile")
            at = _beginning(answer)
            if at > begin:
                raise FileUnreadable(f"{self.told} answers with another part than was asked for")
            async with aclosing(self._pieces(answer)) as pieces:
                async for piece in pieces:
                    kept, at = piece[max(0, begin - at) : max(0, end - at)], at + len(piece)
                    if at > size:
                        raise FileChanged(f"{self.told} has more bytes than it said")
                    if kept:
                        yield kept
                    if at >= end != size:
                        return
            if at < end:
                self._away(f"it broke off at byte {at} of {size}")
        finally:
            await answer.aclose()

    async def _pieces(self, answer: httpx.Response) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Only the waiting for this end of the way counts: the other may be slower."""
        spent, size, began = 0.0, 0, time.monotonic()
        try:
            async for piece in answer.aiter_bytes():
                spent, size = spent + time.monotonic() - began, size + len(piece)
                if spent > 60 + size / SLOWEST:
                    self._away("too slow")
                yield piece
                began = time.monotonic()
        except httpx.TransportError as error:
            self._away(type(error).__name__)

    async def _open(self, part: str | None) -> httpx.Response:
        """The answer of the last of at most five redirects, its body unread. 200, 206, or 416 where nothing is."""
        url = self.url
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._ask(url, part)
            if not answer.is_redirect:
                return await self._judged(answer)
            await answer.aclose()
            onward = _checked(answer.headers.get("location", ""), url)
            if url.startswith("https:") and not onward.startswith("https:"):
                raise FileUnreadable(f"{self.told} leads to an address without https")
            url = onward
        raise FileUnreadable(f"{self.told} is redirected more than {MOST_REDIRECTS} times")

    async def _ask(self, url: str, part: str | None) -> httpx.Response:
        headers = {"Accept-Encoding": "identity", "Accept": "*/*", **({"Range": part} if part else {})}
        try:
            asked = self.http.build_request("GET", url, headers=headers, timeout=httpx.Timeout(30, connect=10))
            return await self.http.send(asked, stream=True, follow_redirects=False)
        except SettingsError as error:  # the guard's: the address is private
            raise FileUnreadable(f"{self.told}: {error}") from None
        except httpx.InvalidURL:
            raise FileUnreadable("the address of a file cannot be read") from None
        except httpx.TransportError as error:
            self._away(type(error).__name__)

    async def _judged(self, answer: httpx.Response) -> httpx.Response:
        nothing = answer.status_code == 416 and _size(answer) == 0
        if (answer.status_code in (200, 206) or nothing) and not answer.headers.get("content-encoding"):
            return answer
        await answer.aclose()
        if answer.status_code >= 500 or answer.status_code in AWAY:
            self._away(f"it answers {answer.status_code}")
        why = f"answers {answer.status_code}" if answer.is_error else "cannot be read as it is (compressed, or in part)"
        raise FileUnreadable(f"{self.told} {why}")

    def _away(self, why: str) -> NoReturn:
        raise FileAway(f"the file at {self.told} cannot be fetched now ({why})") from None


def _size(answer: httpx.Response) -> int | None:
    """Of the whole file; None where the answer does not say."""
    told = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    if told:
        return int(told[2][:_DIGITS]) if told[2] != "*" else None
    length = answer.headers.get("content-length", "")
    return int(length[:_DIGITS]) if answer.status_code == 200 and length.isdecimal() else None


def _beginning(answer: httpx.Response) -> int:
    told = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    return int((told[1] or "0")[:_DIGITS]) if told and answer.status_code == 206 else 0


def _version(answer: httpx.Response, size: int) -> str:
    return f"{_tag(answer)}:{size}"


def _tag(answer: httpx.Response) -> str:
    """What tells one version from another; empty where nothing does."""
    return answer.headers.get("etag") or answer.headers.get("last-modified") or ""
