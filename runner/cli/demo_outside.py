"""What stands beside the simulated partners of the demo: the host of CompanyCam's pictures, and the host's own office,
which takes signed posts and is away for a while."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from runner.authoring.simulate.server import Listener
from runner.service.serve import listen

SMALL, LARGE = 200_000, 9_500_000
"""Bytes of a picture. Dropbox's connector sends what has more than 8 MiB in pieces."""


PICTURES = ("large-roof", *(f"roof-{number}" for number in range(1, 6)))


def picture(name: str) -> bytes:
    """The bytes of a picture: others for each name; one called `large...` goes in pieces."""
    return hashlib.shake_256(name.encode()).digest(LARGE if name.startswith("large") else SMALL)


@dataclass
class Outside:
    """
    Both, on one port.

    Attributes:
        secret: what posts to the office are signed with.
        down: whether the office is away.
        turned_away: posts that came while it was.
        changes: what the office took, by the key of the change.
        wrong: what no office would believe, in words.
    """

    secret: bytes
    down: bool = False
    turned_away: int = 0
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    url: str = ""

    @cached_property
    def app(self) -> Starlette:
        """Their HTTP surface."""
        routes = [Route("/pictures/{name}.jpg", self._picture), Route("/office", self._told, methods=["POST"])]
        return Starlette(routes=routes)

    async def open(self) -> tuple[Listener, asyncio.Task[None]]:
        """Listen on a free port; whoever called ends the task by `should_exit` of the listener."""
        door = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{door.getsockname()[1]}"
        config = uvicorn.Config(self.app, lifespan="off", log_level="warning", access_log=False)
        listener = Listener(config)
        task = asyncio.create_task(listener.serve(sockets=[door]))
        await listener.settled.wait()
        return listener, task

    async def _picture(self, request: Request) -> Response:
        """The whole, or the range that is asked for (RFC 9110, section 14)."""
        content = picture(request.path_params["name"])
        head = {"ETag": f'"{request.path_params["name"]}"', "Content-Type": "image/jpeg"}
        asked = request.headers.get("range")
        if asked is None:
            return Response(content, 200, head)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last) + 1 if last else len(content), len(content))
        return Response(content[start:end], 206, {**head, "Content-Range": f"bytes {start}-{end - 1}/{len(content)}"})

    async def _told(self, request: Request) -> Response:
        body = await request.body()
        if self.down:
            self.turned_away += 1
            return PlainTextResponse("the office is closed", 503)
        if not self._is_signed(request, body):
            self.wrong.append("a post to the office is not signed by the runner")
            return PlainTextResponse("who are you?", 401)
        change = orjson.loads(body)["data"]
        if change["key"] in self.changes:
            self.wrong.append(f"the office was told {change['key']} twice")
        self.changes[change["key"]] = change
        return Response(status_code=204)

    def _is_signed(self, request: Request, body: bytes) -> bool:
        """As https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md says."""
        name, time = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        made = hmac.digest(self.secret, f"{name}.{time}.".encode() + body, "sha256")
        signature = f"v1,{base64.b64encode(made).decode()}"
        return hmac.compare_digest(request.headers.get("webhook-signature", "").encode(), signature.encode())
