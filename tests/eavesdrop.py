"""Hears every secret that goes over the line between a runner and simulated partners, and looks for them elsewhere."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus

import orjson

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Mood = Literal["plain", "echo", "refuse"]

SHORTEST = 12
TOLD = frozenset({"access_token", "refresh_token", "id_token", "client_secret", "token", "secret"})
ASKED = TOLD | {"code", "state", "code_verifier", "assertion", "password"}
_HEADER = re.compile(r"authorization|cookie|token|secret|-key$", re.IGNORECASE)


@dataclass
class Ear:
    """Secrets by their text, with where they were heard. `mood` makes partners repeat what they are sent: `echo`
    answers 500 with it, the first time, and 400 then; `refuse` 401, and 400 from token endpoints. `repeated`
    names those that did. While `silent` nobody answers at all."""

    heard: dict[str, str] = field(default_factory=dict)
    mood: Mood = "plain"
    repeated: set[str] = field(default_factory=set)
    _speaking: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._speaking.set()

    @contextmanager
    def silent(self) -> Iterator[None]:
        self._speaking.clear()
        try:
            yield
        finally:
            self._speaking.set()

    def hear(self, text: str, where: str) -> None:
        if len(text) >= SHORTEST:
            self.heard.setdefault(text, where)

    def hear_values(self, values: Any, names: frozenset[str], where: str) -> None:
        """Everything inside that is called like a secret."""
        if isinstance(values, Mapping):
            for name, value in values.items():
                if isinstance(value, str) and name in names:
                    self.hear(value, f"{name} of {where}")
                self.hear_values(value, names, where)
        elif isinstance(values, list):
            for value in values:
                self.hear_values(value, names, where)

    def hear_headers(self, headers: Mapping[str, str], where: str) -> None:
        for name, value in headers.items():
            if _HEADER.search(name):
                scheme, _, rest = value.partition(" ")
                self.hear(rest or scheme, f"header {name} of {where}")
                if scheme.lower() == "basic":
                    self.hear(unquote_plus(base64.b64decode(rest).decode().partition(":")[2]), f"basic of {where}")

    def around(self, name: str, app: Any) -> Any:
        """An ASGI app that is overheard."""

        async def overheard(scope: Message, receive: Receive, send: Send) -> None:
            body = await _read(receive)
            await self._speaking.wait()
            headers = {key.decode(): value.decode("latin-1") for key, value in scope["headers"]}
            query = dict(parse_qsl(scope["query_string"].decode()))
            where = f"{name} {scope['method']} {scope['path']}"
            self.hear_headers(headers, where)
            self.hear_values([query, dict(parse_qsl(body.decode("latin-1"))), _json(body)], ASKED, where)
            if self.mood != "plain":
                await self._repeat(name, scope, headers, body, send)
                return
            answer = bytearray()

            async def again() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            async def pass_on(message: Message) -> None:
                answer.extend(message.get("body", b""))
                for key, value in message.get("headers", []):
                    if key == b"location":
                        self.hear_values(dict(parse_qsl(value.decode().partition("?")[2])), ASKED, where)
                await send(message)

            await app(scope, again, pass_on)
            self.hear_values(_json(bytes(answer)), TOLD, where)

        return overheard

    async def _repeat(self, name: str, scope: Message, headers: Mapping[str, str], body: bytes, send: Send) -> None:
        """An answer that repeats every header and the body, under all the names that partners give their messages."""
        opening = {key: value for key, value in headers.items() if _HEADER.search(key)}  # first: messages are cut
        told = f"you sent {opening} {body.decode('latin-1')} and {dict(headers)}"
        error = {"message": told, "code": "x", "errors": [{"message": told, "detail": told}], "error_description": told}
        tokens = "token" in scope["path"]
        word: Any = "invalid_grant" if tokens else error
        status = 500 if self.mood == "echo" and name not in self.repeated else 400
        status = 401 if self.mood == "refuse" and not tokens else status
        self.repeated.add(name)
        text = orjson.dumps({**error, "error": word, "title": told, "detail": told, "Fault": {"Error": [error]}})
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": text})


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which a secret may be written, by name."""
    raw = secret.encode()
    yield "plain", raw
    yield "url-encoded", quote(secret, safe="").encode()
    yield "form-encoded", quote_plus(secret).encode()
    yield "hex", raw.hex().encode()
    yield "JSON", orjson.dumps(secret)[1:-1]
    for shift in range(3):  # where the secret begins within a group of three bytes
        first, end = -(-shift * 8 // 6), (shift + len(raw)) * 8 // 6
        coded = base64.b64encode(b"\0" * shift + raw)[first:end]
        yield f"base64 at {shift}", coded
        yield f"base64url at {shift}", coded.translate(bytes.maketrans(b"+/", b"-_"))


def leaks(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Which secret, of where, is found in which place, and what stands before it there."""
    sought = {(text, where): form for secret, where in secrets.items() for form, text in forms(secret)}
    found = []
    for place, content in places.items():
        for (text, where), form in sought.items():
            at = content.find(text) if len(text) >= SHORTEST - 4 else -1
            if at >= 0:
                found.append(f"{where} is in {place} ({form}), after {content[max(0, at - 120) : at]!r}")
    return found


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
