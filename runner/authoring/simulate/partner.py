"""
What the simulated partners share.

A partner is one Starlette app over state in memory: it counts calls, keeps its limits by the clock
that it is handed, stumbles when told to, and posts webhooks through the client that it is handed.
Every instance stands alone. The `/_control` routes are no part of any partner: they are for people
who run `runner simulate` on their own machine.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.control import Control
from runner.authoring.simulate.faults import Failure, Faults
from runner.authoring.simulate.outbox import Manners, Outbox, WebhookAttempt, WebhookTarget
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import NoSuchRowError, Row, Table

Answer = Callable[[Request], Awaitable[Response]]
Change = Literal["add", "change", "remove"]


class Partner(ABC):
    """
    Base of the simulated partners.

    Args:
        now: the partner's clock.
        seed: the same seed and clock give the same data.
        webhooks: where notices go; None: nowhere.
        manners: the partner's rules of delivery.
        stall: what a call does that was told to time out.
        settle: hears the outcome of each delivery.

    Attributes:
        calls: label of the endpoint, such as `GET /v2/projects/{id}`, to number of calls.
        violations: calls that went over a documented limit and were refused for it.
    """

    name: ClassVar[str]
    tables: dict[str, Table]

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        seed: int,
        webhooks: WebhookTarget | None,
        manners: Manners,
        stall: Callable[[], Awaitable[None]],
        settle: Callable[[WebhookAttempt], None] = lambda _: None,
    ) -> None:
        self.now = now
        self.dice = Dice(seed)
        self.calls: Counter[str] = Counter()
        self.violations = 0
        self.webhook_url = webhooks.url if webhooks else ""
        self.outbox = Outbox(webhooks.client if webhooks else None, now, manners, settle)
        self._stall = stall
        self._faults = Faults()

    @cached_property
    def app(self) -> Starlette:
        """The partner's HTTP surface: all its hosts in one."""
        app = Starlette(
            routes=[*self.routes(), *Control(self).routes()],
            exception_handlers={404: self._strayed, 405: self._strayed},
        )
        app.router.redirect_slashes = False  # what becomes of a mistyped path is the partner's affair
        return app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A partner is an ASGI app, whose routes are made when it is first called."""
        await self.app(scope, receive, send)

    # What each partner says for itself

    @abstractmethod
    def routes(self) -> Iterable[Route]:
        """The partner's endpoints, made with `route`."""

    @abstractmethod
    async def admit(self, request: Request) -> None:
        """Check credentials and limits of an API call. Raises Refusal."""

    @abstractmethod
    def stamp(self) -> Any:
        """The present in the partner's own notation."""

    @abstractmethod
    def refuse(self, status: int, message: str = "") -> Response:
        """The partner's error body for a status."""

    @abstractmethod
    def stray(self, request: Request) -> Response:
        """The answer to a path or method that the partner does not have."""

    @abstractmethod
    def new_row(self, what: str, row: Row) -> Row:
        """Give the copy of an older row a new id and new times."""

    @abstractmethod
    def notify(self, what: str, verb: Change, before: Row, after: Row) -> None:
        """Queue the webhooks that tell of a change."""

    @abstractmethod
    def disconnect(self) -> None:
        """The company's administrator removes the app."""

    # What one does to a partner

    def change(self, what: str, id: str | int, **fields: Any) -> None:  # noqa: A002 - the partner's word
        """
        Edit an entity as a user of the partner would.

        Args:
            what: a table, such as `jobs`; see `tables`.
            id: the partner's id of the entity.
            fields: new values, spelled as the partner shows them.

        Raises:
            NoSuchRowError: no such table or entity. ValueError: no such field.
        """
        table = self.table(what)
        before = dict(table.row(id))
        self.notify(what, "change", before, table.change(id, fields, self.stamp()))

    def add(self, what: str, **fields: Any) -> Any:
        """Make an entity like the first one made, with `fields` set; returns its id."""
        table = self.table(what)
        row = table.add({**self.new_row(what, table.model()), **fields})
        self.notify(what, "add", {}, row)
        return row["id"]

    def remove(self, what: str, id: str | int) -> None:  # noqa: A002 - the partner's word
        """Delete an entity for good, as a user of the partner would."""
        row = self.table(what).remove(id)
        self.notify(what, "remove", row, row)

    def table(self, what: str) -> Table:
        if what not in self.tables:
            msg = f"{self.name} has no {what!r}; it has {', '.join(sorted(self.tables))}"
            raise NoSuchRowError(msg)
        return self.tables[what]

    async def deliver(self, at_once: int = 1) -> list[WebhookAttempt]:
        """Send the webhooks that are due by the clock, first attempts and repeats alike."""
        return await self.outbox.deliver(at_once)

    def fail_next(self, calls: int = 1, status: Failure = 500, *, on: str = "") -> None:
        """
        Let the next calls fail.

        Args:
            calls: how many.
            status: what they answer; `timeout`: nothing is done, no answer; `lost`: it is done, no answer.
            on: only calls whose label contains this; without it, every call but those of the token endpoint.
        """
        self._faults.add(calls, status, on)

    def mend(self) -> None:
        """Let no call fail any more that was told to."""
        self._faults = Faults()

    # How a call is answered

    def route(self, method: str, path: str, answer: Answer, *, api: bool = True) -> Route:
        """One endpoint: counted, made to stumble, admitted if it is part of the API, then answered."""
        label = f"{method} {re.sub(r':[a-z]+}', '}', path)}"

        async def endpoint(request: Request) -> Response:
            self.calls[label] += 1
            try:
                failure = self._faults.take(label, api)
                if isinstance(failure, int):
                    return self.refuse(failure)
                if failure == "timeout":
                    await self._stall()
                if api:
                    await self.admit(request)
                response = await answer(request)
                if failure == "lost":
                    await self._stall()
                return response
            except Refusal as refusal:
                return refusal.response

        return Route(path, endpoint, methods=[method])

    async def _strayed(self, request: Request, _: Exception) -> Response:
        self.calls[f"{request.method} elsewhere"] += 1
        return self.stray(request)
