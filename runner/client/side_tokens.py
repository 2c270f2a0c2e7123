"""Tokens of `other_auth`: kept in the memory of this process, since whoever lacks one can ask for it again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

import httpx

from runner.client import oauth
from runner.client.errand import Errand
from runner.client.tokens import Tokens
from runner.components.auth.base import Auth
from runner.model.clock import Clock
from runner.model.credential import Credential

_MOST = 10_000  # kept at once; then all are asked for anew

Key = tuple[str, str, str, str | None]


@dataclass(frozen=True)
class Kept:
    """A token, and the credential of the integration that it was asked for with."""

    token: Credential = field(repr=False)
    asked_with: Credential = field(repr=False)


class SideTokens:
    """Hands out what a call by `other_auth` is signed with: the integration's credential, with the token of that way
    in place of its own. One call at a time asks for a token; it serves until it ends or the secrets change."""

    def __init__(self, tokens: Tokens, http: httpx.AsyncClient, clock: Clock) -> None:
        self._tokens = tokens
        self._http = http
        self._clock = clock
        self._kept: dict[Key, Kept] = {}
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def get(self, errand: Errand, credential: Credential, refused: Credential | None = None) -> Credential:
        """The credential to sign with; another one than `refused`, which the partner answered 401 to.

        Raises AuthenticationError, PartnerUnavailable or RateLimited as the token endpoint answers.
        """
        way = errand.auth
        if way is None or errand.is_own_way or way.flow != "token":
            return credential
        key = (errand.connector.connector, errand.integration.id, errand.integration.environment, errand.call.auth)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            known = self._kept.get(key)
            if known is None or self._is_spent(way, known, credential, refused):
                if len(self._kept) >= _MOST:
                    self._kept.clear()
                known = self._kept[key] = Kept(await self._asked(errand, way, credential), credential)
        return replace(credential, access_token=known.token.access_token)

    def _is_spent(self, way: Auth, known: Kept, credential: Credential, refused: Credential | None) -> bool:
        if known.asked_with.values != credential.values or way.is_due(known.token, self._clock.now()):
            return True
        return refused is not None and known.token.access_token == refused.access_token

    async def _asked(self, errand: Errand, way: Auth, credential: Credential) -> Credential:
        scope = self._tokens.scope(errand.connector, errand.integration, credential)
        return (await oauth.run(way.obtain(scope, self._clock.now()), self._http)).credential
