"""Exchanges with a partner, kept in a folder without their secrets and played back without a network."""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson

from runner.client.scrub import MARK, Scrub
from runner.client.wire import Parcel, Wire
from runner.errors import PartnerUnavailable, SettingsError, UnexpectedResponse
from runner.model.file import File
from runner.model.http import Request, Response

NEAR = 5
"""How many recorded requests a message names."""
Json = dict[str, Any]
_GUESSED = re.compile(re.escape(MARK).encode() + rb"(\d+|short)\b")


class Recorder:
    """Keeps what passes over another wire: `<number>-<endpoint>.json` each, in the order of the answers."""

    is_live = True

    def __init__(self, inner: Wire, folder: Path, scrub: Scrub) -> None:
        self._inner = inner
        self._folder = folder
        self._scrub = scrub
        self._count = 0

    async def carry(self, parcel: Parcel) -> Response:
        """The answer of the other wire."""
        self._scrub.learn(parcel.secrets)
        try:
            response = await self._inner.carry(parcel)
        except PartnerUnavailable as error:
            self._keep(parcel, {"sent": error.sent})
            raise
        self._keep(parcel, _plain_response(response, self._scrub))
        return response

    def _keep(self, parcel: Parcel, answer: Json) -> None:
        self._count += 1
        name = re.sub(r"[^\w-]", "_", parcel.errand.name)
        told = {"endpoint": parcel.errand.name, "request": plain_request(parcel.plain, self._scrub), "response": answer}
        path = self._folder / f"{self._count:04d}-{name}.json"
        path.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")


class Player:
    """Answers requests with what was recorded for the very same, in its order; the last answer stays."""

    is_live = False

    def __init__(self, folder: Path) -> None:
        self._answers: defaultdict[bytes, list[Json]] = defaultdict(list)
        self._alike: dict[bytes, bytes] = {}
        self._known: list[tuple[str, str]] = []
        self._scrub = Scrub({})
        for path in sorted(folder.glob("[0-9]*-*.json")):
            kept = _read(path)
            key = _key(kept["request"])
            self._answers[key].append(kept["response"])
            self._alike.setdefault(_loose(key), key)
            self._known.append((kept["endpoint"], _words(kept["request"])))

    async def carry(self, parcel: Parcel) -> Response:
        """The recorded answer; PartnerUnavailable where there was none, UnexpectedResponse when the request was not
        recorded."""
        asked = plain_request(parcel.plain, self._scrub)
        key = _key(asked)
        answers = self._answers.get(key) or self._answers.get(self._alike.get(_loose(key), b""))
        if not answers:
            raise UnexpectedResponse(self._stranger(parcel.errand.name, asked))
        kept = answers.pop(0) if len(answers) > 1 else answers[0]
        if "status" not in kept:
            raise PartnerUnavailable("the recording has no answer to this", sent=kept["sent"])
        return Response(kept["status"], kept["headers"], _body(kept), parcel.plain.url)

    def _stranger(self, endpoint: str, asked: Json) -> str:
        own = list(dict.fromkeys(words for name, words in self._known if name == endpoint))
        others = sorted({name for name, _ in self._known})
        there = "; ".join(own[:NEAR]) + (f"; and {len(own) - NEAR} more" if len(own) > NEAR else "")
        recorded = f"of `{endpoint}` it has: {there}" if own else f"it has only: {', '.join(others) or 'nothing'}"
        return (
            f"the recording has no {_words(asked)} ({recorded}; record anew where the request has changed on purpose)"
        )


def plain_request(request: Request, scrub: Scrub) -> Json:
    """A request as JSON values, before it is signed and without its headers: what tells it from others."""
    told: Json = {"method": request.method, "url": scrub.text(request.url)}
    told["params"] = scrub.params({name: _texts(value) for name, value in request.params.items()})
    if request.has_json:
        told["json"] = scrub.value(request.json)
    if request.form is not None:
        told["form"] = scrub.value(dict(request.form))
    if request.parts is not None:
        told["parts"] = scrub.value({name: _part(part) for name, part in request.parts.items()})
    if request.content is not None:
        told["text"] = scrub.text(
            _part(request.content) if isinstance(request.content, File) else request.content.decode(errors="replace")
        )
    return told


def _part(part: str | File) -> str:
    """A file is told by what is known of it: its bytes are not kept."""
    return f"a file of {part.size} bytes ({part.type})" if isinstance(part, File) else part


def _texts(value: Any) -> str | list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else str(value)


def _plain_response(response: Response, scrub: Scrub) -> Json:
    told: Json = {"status": response.status, "headers": scrub.headers(response.headers)}
    if response.is_json:
        return {**told, "json": scrub.value(response.json)}
    try:
        return {**told, "text": scrub.text(response.body.decode())}
    except UnicodeDecodeError:  # not text: a file
        return {
            **told,
            "base64": base64.b64encode(scrub.text(response.body.decode("latin-1")).encode("latin-1")).decode(),
        }


def _body(kept: Json) -> bytes:
    if "json" in kept:
        return orjson.dumps(kept["json"])
    return base64.b64decode(kept["base64"]) if "base64" in kept else str(kept["text"]).encode()


def _key(request: Json) -> bytes:
    return orjson.dumps(request, option=orjson.OPT_SORT_KEYS)


def _loose(key: bytes) -> bytes:
    """The same for requests that differ only in secrets that nobody declared."""
    return _GUESSED.sub(MARK.encode() + b"*", key)


def _words(request: Json) -> str:
    """A request on one line."""
    query = "&".join(
        f"{name}={one}"
        for name, value in request["params"].items()
        for one in (value if isinstance(value, list) else [value])
    )
    body = next(
        (
            f" with {orjson.dumps(request[part]).decode()[:200]}"
            for part in ("json", "form", "parts", "text")
            if part in request
        ),
        "",
    )
    return f"{request['method']} {request['url']}" + (f"?{query}" if query else "") + body


def _read(path: Path) -> Json:
    try:
        found: Json = orjson.loads(path.read_bytes())
        return {name: found[name] for name in ("endpoint", "request", "response")}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise SettingsError(f"{path} is no exchange of a recording (record anew)") from None
