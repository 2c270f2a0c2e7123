"""A partner behind a transport, a store with one integration, and all that a call needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from runner.client.attempt import Attempt
from runner.client.caller import Caller
from runner.client.guard import open_http
from runner.client.limiter import Limiter
from runner.client.tokens import Tokens
from runner.connector.connector import Connector
from runner.model.credential import Credential
from runner.model.integration import Integration, State
from runner.model.secret import Secret
from runner.store import integrations
from runner.store.keys import KeyRing
from runner.store.store import Store
from runner.testing.clock import START, FakeClock

INTEGRATION = Integration("i1", "c1", "acme", "production", State.ACTIVE, settings={"tenant": "t1"})
APPS = {"acme": {"client_id": "cid", "client_secret": Secret("app-secret")}}
BASE: dict[str, Any] = {
    "connector": "acme",
    "title": "Acme",
    "docs": "https://acme.example/docs",
    "environments": {"production": {"api": "https://api.acme.example"}},
    "app": {"client_id": {"title": "Client ID"}, "client_secret": {"title": "Client secret", "secret": True}},
    "settings": {"tenant": {"title": "Tenant"}, "key": {"title": "Key", "secret": True, "required": False}},
    "auth": {"type": "bearer", "token": "{{ settings.key }}"},
    "http": {"base_url": "{{ environment.api }}"},
    "endpoints": {
        "jobs": {"get": "/tenant/{{ settings.tenant }}/jobs", "records": "@"},
        "job": {"get": "/jobs/{{ input.id }}", "with": {"id": {}}, "records": "@"},
    },
    "actions": {
        "create": {"post": "/jobs", "input": {"name": {}}, "json": {"name": "{{ input.name }}"}},
        "replace": {"put": "/jobs/1", "input": {"name": {}}, "json": {"name": "{{ input.name }}"}},
    },
}
CONSENT = {
    "type": "oauth2_authorization_code",
    "authorize_url": "https://acme.example/authorize",
    "token_url": "https://acme.example/token",
}
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


def connector(**changes: Any) -> Connector:
    """Acme, with other values for some keys; those of `http` are merged."""
    changes["http"] = {**BASE["http"], **changes.get("http", {})}
    return Connector.model_validate({**BASE, **changes})


def answer(body: Any = None, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


@dataclass
class Partner:
    """Answers each request with the next of `answers`, the last one again and again; keeps what it was asked."""

    answers: list[Answer]
    requests: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        found = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(found, Exception):
            raise found
        if isinstance(found, httpx.Response):
            return httpx.Response(found.status_code, headers=found.headers, content=found.content)
        made = found(request)
        return made if isinstance(made, httpx.Response) else await made


@dataclass
class Desk:
    """All that a call needs, over one partner."""

    store: Store
    clock: FakeClock
    partner: Partner
    http: httpx.AsyncClient
    counted: list[bool] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    def count(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        if attempt.status is not None:
            self.counted.append(attempt.limited)

    def tokens(self, **options: Any) -> Tokens:
        return Tokens(self.store, self.http, self.clock, APPS, **options)

    def caller(self, limiter: Limiter | None = None, **options: Any) -> Caller:
        return Caller(
            self.http,
            self.clock,
            limiter or Limiter(self.clock),
            self.tokens(),
            random=lambda: 1.0,
            on_call=self.count,
            **options,
        )

    async def keep(self, credential: Credential) -> None:
        await self.store.database.write(lambda c: self.store.vault.put(c, INTEGRATION.id, credential, START))

    async def kept(self) -> Credential:
        return await self.store.database.read(lambda c: self.store.vault.get(c, INTEGRATION.id))

    async def integration(self) -> Integration:
        return await self.store.database.read(lambda c: integrations.get(c, INTEGRATION.id))


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    store = Store.open(database_url, KeyRing.generate())
    await store.database.write(lambda c: integrations.add(c, INTEGRATION))
    partner = Partner([answer({"ok": True})])
    async with open_http(transport=httpx.MockTransport(partner)) as http:
        desk = Desk(store, FakeClock(), partner, http)
        await desk.keep(Credential(values={"key": Secret("k3y")}))
        yield desk
    await store.close()
