"""What the simulated providers of the catalogue share: a code is good once, tokens are known, clients prove themselves.

Each provider is written from its public documents, and knows nothing of our connectors.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson

Given = Mapping[str, str]


class Refusal(Exception):
    """The answer to a request that is not as the documents say."""

    def __init__(self, status: int, body: Any) -> None:
        self.response = httpx.Response(status, json=body)


@dataclass
class Provider:
    """One provider. `client` is the app's id and secret; `codes` and `refreshes` are good once or as told."""

    token_at: ClassVar[str] = ""  # host and path
    client_auth: ClassVar[Literal["basic", "body"]] = "body"
    body: ClassVar[Literal["form", "json"]] = "form"
    rotates: ClassVar[bool] = True

    client: tuple[str, str] = ("app-id", "app-secret")
    codes: dict[str, str] = field(default_factory=dict)
    refreshes: set[str] = field(default_factory=set)
    access: str = ""
    issued: int = 0
    seen: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        try:
            return self.answer(request)
        except Refusal as refusal:
            return refusal.response

    def answer(self, request: httpx.Request) -> httpx.Response:
        at = f"{request.url.host}{request.url.path}"
        return self.token(request) if at == self.token_at else self.api(request, at)

    def consent(self, url: str) -> dict[str, str]:
        """A person approves: what the callback then brings."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == self.client[0]
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked["redirect_uri"]
        return {"code": code, "state": asked["state"], **self.callback(asked)}

    def callback(self, asked: Given) -> dict[str, str]:
        """What the callback brings beside code and state."""
        return {}

    def token(self, request: httpx.Request) -> httpx.Response:
        given = self.given(request)
        self.check_client(request, given)
        return httpx.Response(200, json=self.granted(given))

    def granted(self, given: Given) -> dict[str, Any]:
        """The answer of the token endpoint; takes the code or the refresh token."""
        if given["grant_type"] == "authorization_code":
            if self.codes.pop(given["code"], None) != given["redirect_uri"]:
                raise Refusal(400, self.invalid_grant())
            return self.first(given)
        if given["grant_type"] == "refresh_token":
            if given["refresh_token"] not in self.refreshes:
                raise Refusal(400, self.invalid_grant())
            return self.again(given)
        raise Refusal(400, {"error": "unsupported_grant_type"})

    def first(self, given: Given) -> dict[str, Any]:
        """The answer to a code."""
        raise NotImplementedError

    def again(self, given: Given) -> dict[str, Any]:
        """The answer to a refresh."""
        return self.first(given)

    def api(self, request: httpx.Request, at: str) -> httpx.Response:
        """The answer of everything else."""
        raise NotImplementedError

    def invalid_grant(self) -> dict[str, Any]:
        return {"error": "invalid_grant", "error_description": "expired, revoked or unknown"}

    def given(self, request: httpx.Request) -> Given:
        """The fields of a body that is written as the documents say."""
        kind = request.headers["content-type"].partition(";")[0]
        if kind != {"form": "application/x-www-form-urlencoded", "json": "application/json"}[self.body]:
            raise Refusal(400, {"error": "invalid_request"})
        if self.body == "json":
            found: Given = orjson.loads(request.content)
            return found
        return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}

    def check_client(self, request: httpx.Request, given: Given) -> None:
        wanted = self.client if self.client_auth == "body" else basic(*self.client)
        told = request.headers.get("authorization")
        proved = (given.get("client_id"), given.get("client_secret")) if self.client_auth == "body" else told
        if proved != wanted or (self.client_auth == "body" and told):
            raise Refusal(401, {"error": "invalid_client"})

    def fresh(self, kind: str = "at") -> str:
        self.issued += 1
        return f"{kind}-{self.issued}"

    def new_access(self) -> str:
        self.access = self.fresh()
        return self.access

    def new_refresh(self) -> str:
        """A refresh token; where they rotate, the others are dead."""
        if self.rotates or not self.refreshes:
            self.refreshes = {self.fresh("rt")}
        return next(iter(self.refreshes))

    def check_bearer(self, request: httpx.Request, refused: Any) -> None:
        if not self.access or request.headers.get("authorization") != f"Bearer {self.access}":
            raise Refusal(401, refused)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
