"""One call done well: wait, authenticate, send, judge, try again."""

from __future__ import annotations

import random as chance
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import httpx
from opentelemetry.trace import Tracer

from runner.client.attempt import OnAttempt
from runner.client.errand import Ahead, Errand
from runner.client.limiter import PATIENCE, Limiter
from runner.client.line import Rank
from runner.client.permits import Permit
from runner.client.side_tokens import SideTokens
from runner.client.tokens import Tokens
from runner.client.tries import Tries
from runner.client.verdict import address, failure, is_astray, may_be_done, pause, without_secrets
from runner.client.wire import Wire
from runner.connector.call import Call
from runner.connector.connector import Connector
from runner.connector.http import ErrorRule, judge
from runner.errors import AuthenticationError, PartnerError, PartnerUnavailable, RateLimited, UnexpectedResponse
from runner.model.clock import Clock
from runner.model.credential import Credential
from runner.model.http import Response
from runner.model.integration import Integration


@dataclass
class _Past:
    """What earlier tries of a call leave: whether one of them may have done it after all."""

    unsure: bool = False


class Caller:
    """Makes calls to partners. `on_call` is told of every try, `tracer` makes a span of it, `wire` takes the place of
    the network.

    `random()` gives numbers from 0 up to 1. A call pauses for at most `patience` seconds in all; whoever must wait
    longer gets RateLimited, and comes back then.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        clock: Clock,
        limiter: Limiter,
        tokens: Tokens,
        *,
        random: Callable[[], float] = chance.random,
        on_call: OnAttempt | None = None,
        patience: float = PATIENCE,
        wire: Wire | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._limiter = limiter
        self._tokens = tokens
        self._side = SideTokens(tokens, http, clock)
        self._random = random
        self._tries = Tries(http, clock, limiter, tokens, on_call=on_call, wire=wire, tracer=tracer)
        self._patience = patience
        self._rank = Rank.NOW

    def over(self, around: Callable[[Wire], Wire]) -> Caller:
        """The same caller, over a wire that is made from its own."""
        made = copy(self)
        made._tries = self._tries.over(around(self._tries.wire))
        return made

    def with_tokens(self, tokens: Tokens) -> Caller:
        """The same caller, its limits included, that is handed its credentials by another."""
        made = copy(self)
        made._tokens, made._side = tokens, SideTokens(tokens, self._http, self._clock)
        made._tries = self._tries.with_tokens(tokens)
        return made

    def ranked(self, rank: Rank) -> Caller:
        """The same caller, whose calls are as urgent as that where they wait for a limit."""
        made = copy(self)
        made._rank = rank
        return made

    async def call(
        self,
        connector: Connector,
        call: Call,
        integration: Integration,
        *,
        input: Mapping[str, Any] | None = None,  # noqa: A002  # the word of the dictionary: {{ input.id }}
        page: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        url: str | None = None,
        ahead: Ahead | None = None,
        **scope_more: Any,
    ) -> Response:
        """The partner's good answer, or one that a rule says to `ignore`. A `url` takes the place of path and query.
        What `ahead` reads before each try, templates read too.

        Raises AuthenticationError when a person must act (the integration is then in `error`), RateLimited with the
        seconds to wait, PartnerUnavailable after all tries, RecordSkipped and ResyncNeeded where a rule says so,
        UnexpectedResponse for any other failure, MappingError when the request cannot be written.
        """
        given = {"input": dict(input or {}), "page": dict(page or {}), **scope_more}
        errand = Errand(connector, call, integration, given, dict(params or {}), url, ahead)
        own = await self._tokens.get(connector, integration)
        past = _Past()
        try:
            return await self._pursue(
                errand, await self._side.get(errand, own) if self._tries.wire.is_live else own, past
            )
        except PartnerError as error:
            error.unsure = past.unsure and not call.reads
            raise

    async def _pursue(self, errand: Errand, credential: Credential, past: _Past) -> Response:
        attempt, number, waited, told, renewed = 1, 0, 0.0, 0.0, False
        while True:
            errand = await errand.prepared()
            permit = await self._limiter.admit(
                errand.claims,
                errand.name,
                self._patience - waited,
                errand.call.cost,
                party=errand.integration.id,
                rank=self._rank,
            )
            number, waited = number + 1, waited + permit.waited
            found = await self._make(errand, credential, permit, number, waited - told, past)
            told = waited
            rule = judge(found, errand.rules) if isinstance(found, Response) else None
            if isinstance(found, Response) and (rule is None or rule.do == "ignore"):
                return found
            past.unsure = past.unsure or may_be_done(found, rule, errand.call.errors)
            if rule is not None and rule.do == "refresh_token" and not renewed and errand.is_renewable:
                credential = await self._renewed(errand, credential)
                renewed = True
                continue
            try:
                seconds = self._pause(errand, found, rule, attempt, credential)
            except AuthenticationError as error:
                if errand.is_own_way or error.code == "integration-refused":
                    await self._tokens.refuse(errand.integration, error, credential)
                raise
            if waited + seconds > self._patience:
                raise self._too_long(errand, found, seconds)
            await self._clock.sleep(seconds)
            attempt, waited = attempt + 1, waited + seconds

    async def _make(
        self, errand: Errand, credential: Credential, permit: Permit, number: int, waited: float, past: _Past
    ) -> Response | PartnerUnavailable:
        """One try. An answer that cannot be read leaves unsure what was done."""
        try:
            found = await self._tries.make(errand, credential, permit, number, waited)
        except UnexpectedResponse:
            past.unsure = True
            raise
        return errand.call.read(found) if isinstance(found, Response) else found

    async def _renewed(self, errand: Errand, refused: Credential) -> Credential:
        if errand.is_own_way:
            return await self._tokens.renew(errand.connector, errand.integration, refused)
        own = await self._tokens.get(errand.connector, errand.integration)
        return await self._side.get(errand, own, refused)

    def _pause(
        self,
        errand: Errand,
        found: Response | PartnerUnavailable,
        rule: ErrorRule | None,
        attempt: int,
        credential: Credential,
    ) -> float:
        """Seconds until the next try; raises when there is none."""
        retry = errand.connector.http.retry
        if isinstance(found, PartnerUnavailable):
            if attempt >= retry.attempts or (found.sent and not errand.call.may_repeat):
                raise type(found)(f"{errand.where}: {found} (after {attempt} tries)", sent=found.sent) from None
            return retry.pause(attempt, self._random)
        assert rule is not None  # an answer without a rule is good and has been returned
        if rule.do != "retry":
            raise self._failed(errand, found, rule, credential)
        seconds = pause(found, rule, attempt, self._clock.now(), retry, self._random)
        limited = errand.is_limit(found, rule)
        if limited:
            self._limiter.penalise(errand.claims, seconds)
        if attempt >= retry.attempts or not (limited or self._may_repeat(errand, found, rule)):
            raise self._spent(errand, found, rule, attempt, seconds, credential)
        return seconds

    @staticmethod
    def _may_repeat(errand: Errand, response: Response, rule: ErrorRule) -> bool:
        """503 means: not done. Other server errors may come after the deed: there the call's own rules must say it."""
        return errand.call.may_repeat or response.status == 503 or rule in errand.call.errors

    def _spent(
        self,
        errand: Errand,
        response: Response,
        rule: ErrorRule,
        attempt: int,
        seconds: float,
        credential: Credential,
    ) -> PartnerError:
        words = self._words(errand, response, rule, credential)
        text = f"{errand.where} answers {response.status} after {attempt} tries{f': {words}' if words else ''}"
        error: PartnerError = PartnerUnavailable(text, status=response.status)
        if errand.is_limit(response, rule):
            error = RateLimited(text, wait=seconds, status=response.status)
        error.words = words
        return error

    def _failed(self, errand: Errand, response: Response, rule: ErrorRule, credential: Credential) -> PartnerError:
        """The error; where the address itself may be wrong, it says which was called."""
        words, called = self._words(errand, response, rule, credential), ""
        if is_astray(response):
            called = address(errand.call.method, response, self._tokens.secrets(errand.connector, credential))
            called += f", environment {errand.integration.environment}"
        return failure(errand.where, response, rule, words, called)

    def _words(self, errand: Errand, response: Response, rule: ErrorRule, credential: Credential) -> str:
        return without_secrets(rule.words(response), self._tokens.secrets(errand.connector, credential))

    @staticmethod
    def _too_long(errand: Errand, found: Response | PartnerUnavailable, seconds: float) -> PartnerError:
        if isinstance(found, PartnerUnavailable):
            return type(found)(f"{errand.where}: {found}", sent=found.sent)
        text = f"{errand.where} answers {found.status}; the next try is in {seconds:.0f} s"
        if found.status == 503 or errand.is_limit(found, judge(found, errand.rules)):
            return RateLimited(text, wait=seconds, status=found.status)
        return PartnerUnavailable(text, status=found.status)
