"""Both ends of an upload, in one server: it makes a file up as it is read, takes pieces as Dropbox does, and tells the
hash of what it got."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

BLOCK = 4_194_304
STEP = 262_144
FILE = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(BLOCK // 32))
"""The file repeats this."""


class Ends:
    """The address that the file lies at, and the partner that takes it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.pieces: dict[int, tuple[int, bytes]] = {}

    async def photo(self, request: Request) -> Response:
        first, _, last = request.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")
        start, end = int(first), int(last) + 1 if last else self.size
        headers = {"ETag": '"1"', "Content-Length": str(end - start), "Content-Type": "image/jpeg"}
        status = 206 if "range" in request.headers else 200
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{self.size}"

        async def body() -> AsyncIterator[bytes]:
            at = start
            while at < end:
                length = min(STEP - at % STEP, end - at)
                yield FILE[at % BLOCK : at % BLOCK + length]
                at += length

        return StreamingResponse(body(), status, headers)

    async def sink(self, request: Request) -> Response:
        size = 0
        async for part in request.stream():
            size += len(part)
        return JSONResponse({"size": size})

    async def start(self, request: Request) -> Response:
        self.pieces.clear()
        return JSONResponse({"session_id": "s-1"})

    async def append(self, request: Request) -> Response:
        args = json.loads(request.headers["dropbox-api-arg"])
        digest, size = hashlib.sha256(), 0
        async for part in request.stream():
            digest.update(part)
            size += len(part)
        assert args["close"] or not size % BLOCK
        self.pieces[args["cursor"]["offset"]] = (size, digest.digest())
        return JSONResponse(None)

    async def finish(self, request: Request) -> Response:
        args, at, digests = json.loads(request.headers["dropbox-api-arg"]), 0, b""
        for offset, (size, digest) in sorted(self.pieces.items()):
            assert offset == at, f"a gap before {offset}"
            at, digests = at + size, digests + digest
        assert at == args["cursor"]["offset"] == self.size
        told = {"id": "id:1", "path_display": args["commit"]["path"], "rev": "1", "size": at}
        return JSONResponse({**told, "content_hash": hashlib.sha256(digests).hexdigest()})

    def app(self) -> Starlette:
        session = "/2/files/upload_session"
        steps = {"start": self.start, "append_v2": self.append, "finish": self.finish}
        routes = [Route(f"{session}/{name}", answer, methods=["POST"]) for name, answer in steps.items()]
        return Starlette(routes=[*routes, Route("/photo.jpg", self.photo), Route("/sink", self.sink, methods=["POST"])])


def serve(size: int, told: Any) -> None:
    """Listen, and tell where, until the process ends."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        told.send(f"http://127.0.0.1:{door.getsockname()[1]}")
        config = uvicorn.Config(Ends(size).app(), log_level="error", lifespan="off")
        asyncio.run(uvicorn.Server(config).serve([door]))
