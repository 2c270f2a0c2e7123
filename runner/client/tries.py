"""One try of a call: written, signed, sent, and told to whoever counts, logs or traces."""

from __future__ import annotations

from copy import copy

import httpx
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, get_tracer

from runner.client.address import shown
from runner.client.attempt import Attempt, OnAttempt
from runner.client.errand import Errand
from runner.client.limiter import Limiter
from runner.client.permits import Permit
from runner.client.tokens import Tokens
from runner.client.wire import Network, Parcel, Wire
from runner.components.auth.base import with_param
from runner.connector.http import judge
from runner.connector.scope import Scope
from runner.errors import PartnerUnavailable
from runner.model.clock import Clock
from runner.model.credential import Credential
from runner.model.http import Request, Response


class Tries:
    """Makes tries that the limiter has admitted. `on_call` is told of each; each is a span of `tracer`. `wire` takes
    the place of the network."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        clock: Clock,
        limiter: Limiter,
        tokens: Tokens,
        *,
        on_call: OnAttempt | None = None,
        wire: Wire | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self.wire: Wire = wire or Network(http)
        self._clock = clock
        self._limiter = limiter
        self._tokens = tokens
        self._on_call = on_call
        self._tracer = tracer or get_tracer("runner")

    def over(self, wire: Wire) -> Tries:
        """The same over another wire."""
        made = copy(self)
        made.wire = wire
        return made

    def with_tokens(self, tokens: Tokens) -> Tries:
        """The same with what another hands out."""
        made = copy(self)
        made._tokens = tokens
        return made

    async def make(
        self, errand: Errand, credential: Credential, permit: Permit, number: int, waited: float
    ) -> Response | PartnerUnavailable:
        """The answer, or why there is none, of the `number`-th try, `waited` seconds after the one before."""
        name = f"{errand.connector.connector}.{errand.name}"
        with self._tracer.start_as_current_span(name, kind=SpanKind.CLIENT, record_exception=False) as span:
            parcel, began, found = None, self._clock.now(), None
            try:
                parcel = self._parcel(errand, credential)
                found = await self._carried(parcel, permit)
            finally:
                self._limiter.release(permit)
                if parcel is not None:
                    seconds = max(0.0, (self._clock.now() - began).total_seconds())
                    self._tell(_attempt(parcel, found, number, waited, seconds), span)
        return found

    async def _carried(self, parcel: Parcel, permit: Permit) -> Response | PartnerUnavailable:
        try:
            response = await self.wire.carry(parcel)
        except PartnerUnavailable as error:
            return error
        self._limiter.learn(permit, response)
        return response

    def _parcel(self, errand: Errand, credential: Credential) -> Parcel:
        scope = self._tokens.scope(errand.connector, errand.integration, credential, **errand.given)
        request = errand.addressed(errand.call.request(scope, errand.connector.http))
        for name, value in errand.params.items():
            request = with_param(request, name, value)
        secrets = tuple(self._tokens.secrets(errand.connector, credential))
        return Parcel(errand, request, lambda plain: _signed(errand, plain, scope, credential), secrets)

    def _tell(self, attempt: Attempt, span: Span) -> None:
        _describe(span, attempt)
        if self._on_call:
            self._on_call(attempt)


def _signed(errand: Errand, plain: Request, scope: Scope, credential: Credential) -> Request:
    if errand.auth is None:
        return plain
    return errand.auth.sign(plain, {**scope, "access_token": credential.access_token})


def _attempt(
    parcel: Parcel, found: Response | PartnerUnavailable | None, number: int, waited: float, seconds: float
) -> Attempt:
    errand, plain = parcel.errand, parcel.plain
    if not isinstance(found, Response):
        url = shown(_whole(plain), parcel.secrets)
        return Attempt(errand.integration, errand.name, plain.method, url, number, seconds=seconds, waited=waited)
    return Attempt(
        errand.integration,
        errand.name,
        plain.method,
        shown(found.url or _whole(plain), parcel.secrets),
        number,
        found.status,
        errand.is_limit(found, judge(found, errand.rules)),
        seconds,
        waited,
        len(found.body),
    )


def _whole(plain: Request) -> str:
    """The address with its query, as the connector writes it."""
    return str(httpx.URL(plain.url, params=dict(plain.params))) if plain.params else plain.url


def _describe(span: Span, attempt: Attempt) -> None:
    """What a span says of a try, by the names that OpenTelemetry gives to HTTP, and ours."""
    if not span.is_recording():
        return
    span.set_attributes(
        {
            "runner.connector": attempt.integration.connector,
            "runner.endpoint": attempt.endpoint,
            "runner.integration": attempt.integration.id,
            "runner.waited_seconds": attempt.waited,
            "url.full": attempt.url,
            "http.request.method": attempt.method,
            "http.request.resend_count": attempt.number - 1,
            "http.response.body.size": attempt.size,
        }
    )
    if attempt.status is not None:
        span.set_attribute("http.response.status_code", attempt.status)
    if attempt.status is None or attempt.status >= 400:
        span.set_status(Status(StatusCode.ERROR))
