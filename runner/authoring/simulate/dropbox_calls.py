"""
What a call to Dropbox brings with it: its arguments, and through whose eyes it sees the tree.

Sources: `common.stone` and `auth.stone` of the specification, `dropbox_client.py` of the official SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from starlette.requests import Request

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.dropbox_data import HOME, HOME_PATH, ROOT
from runner.authoring.simulate.dropbox_errors import error, malformed, tagged
from runner.authoring.simulate.grants import Grant
from runner.authoring.simulate.table import Row

T = TypeVar("T")
UPLOADED = ("application/octet-stream", "text/plain; charset=dropbox-cors-hack")
REQUIRED: Any = object()


@dataclass(frozen=True)
class View:
    """Paths as a namespace shows them; `prefix` is where it lies in the root. A shared link shows none at all."""

    prefix: str = ""
    pathless: bool = False

    def full(self, path: str) -> str:
        return path if path.startswith(("id:", "rev:")) else self.prefix + path

    def sees(self, path: str) -> bool:
        """Does a path of the root lie in here?"""
        return not self.prefix or path.startswith(self.prefix.lower() + "/")

    def shown(self, row: Row) -> Row:
        if self.pathless:
            return {name: value for name, value in row.items() if name not in {"path_lower", "path_display"}}
        size = len(self.prefix)
        return {**row, **{name: row[name][size:] for name in ("path_lower", "path_display")}} if size else row


@dataclass(frozen=True)
class Caller:
    """Who calls: by which consent (None: an app, or nobody), and what they see."""

    grant: Grant | None
    view: View


class Args:
    """The arguments of one call, read one by one; each mistake is 400 in plain text."""

    def __init__(self, route: str, values: Any) -> None:
        self.route = route
        if not isinstance(values, dict):
            raise malformed(route, "request body: expected object, got " + type(values).__name__)
        self.values: Row = values

    def only(self, *names: str) -> Args:
        """Raises Refusal for an argument that the route does not know."""
        if unknown := sorted(self.values.keys() - set(names)):
            raise malformed(self.route, f"request body: unknown field '{unknown[0]}'")
        return self

    def get(self, name: str, kind: type[T], default: T = REQUIRED) -> T:
        value = self.values.get(name)
        if value is None:
            if default is REQUIRED:
                raise malformed(self.route, f"request body: missing required field '{name}'")
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise malformed(self.route, f"request body: {name}: expected {kind.__name__}, got {type(value).__name__}")
        return value

    def union(self, name: str, default: str) -> Row:
        """A tag, alone as a string or in an object."""
        value = self.values.get(name, default)
        made = {".tag": value} if isinstance(value, str) else value
        if not isinstance(made, dict) or not isinstance(made.get(".tag"), str):
            raise malformed(self.route, f"request body: {name}: expected a union")
        return made

    def inner(self, name: str) -> Args:
        return Args(self.route, self.get(name, dict))


async def rpc_args(request: Request, route: str) -> Args:
    """The JSON body of a call."""
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip() != "application/json":
        raise malformed(route, f'Bad HTTP "Content-Type" header: "{kind}". Expecting one of "application/json".')
    return Args(route, _json(await request.body(), route, "request body"))


async def demand_null(request: Request, route: str) -> None:
    """A route without arguments wants `null`, or nothing at all."""
    body = (await request.body()).strip()
    if body not in {b"", b"null"}:
        raise malformed(route, "request body: expected null, got value")
    if body and request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise malformed(route, 'Bad HTTP "Content-Type" header. Expecting one of "application/json".')


def header_args(request: Request, route: str) -> Args:
    """The arguments of a call whose body holds bytes: JSON in a header, ASCII only."""
    raw = request.headers.get("dropbox-api-arg", "")
    if not raw or not raw.isascii() or "\x7f" in raw:
        raise malformed(route, 'HTTP header "Dropbox-API-Arg": could not decode input as JSON')
    return Args(route, _json(raw.encode(), route, 'HTTP header "Dropbox-API-Arg"'))


def demand_bytes(request: Request, route: str) -> None:
    kind = request.headers.get("content-type", "")
    if kind not in UPLOADED:
        raise malformed(route, f'Bad HTTP "Content-Type" header: "{kind}". Expecting one of {", ".join(UPLOADED)}.')


def view_of(request: Request, route: str, account: Mapping[str, Any]) -> View:
    """Whose paths these are, by `Dropbox-API-Path-Root`; without it those of the member's home. Raises Refusal."""
    info = account["root_info"]
    home = View(HOME_PATH if info["root_namespace_id"] != info["home_namespace_id"] else "")
    raw = request.headers.get("dropbox-api-path-root")
    if raw is None:
        return home
    wanted = _json(raw.encode(), route, 'HTTP header "Dropbox-API-Path-Root"')
    tag = wanted.get(".tag") if isinstance(wanted, dict) else None
    if tag == "home":
        return home
    if tag == "root":
        if wanted.get("root") != info["root_namespace_id"]:
            raise Refusal(error(422, {".tag": "invalid_root", "invalid_root": info}, "invalid_root"))
        return View()
    if tag == "namespace_id":
        known = {HOME: home, ROOT: View()} if home.prefix else {HOME: home}
        if wanted.get("namespace_id") not in known:
            raise Refusal(error(422, tagged("no_permission")))
        return known[wanted["namespace_id"]]
    raise malformed(route, 'HTTP header "Dropbox-API-Path-Root": unknown tag')


def _json(raw: bytes, route: str, where: str) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise malformed(route, f"{where}: could not decode input as JSON") from None
