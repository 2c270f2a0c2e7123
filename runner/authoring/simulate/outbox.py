"""Webhooks on their way out of a simulated partner, with the partner's own rules of retry."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx

Compose = Callable[[int], tuple[bytes, dict[str, str]]]


@dataclass(frozen=True)
class WebhookTarget:
    """
    Where webhooks go and what carries them.

    Args:
        url: the subscription that the partner holds from the start; empty for none.
        client: sends them; the caller opens and closes it.
    """

    url: str
    client: httpx.AsyncClient


@dataclass(frozen=True)
class WebhookAttempt:
    """One attempt: `status` is None where no answer came (timeout or no connection), `error` says why."""

    topic: str
    url: str
    attempt: int
    status: int | None
    accepted: bool
    body: bytes
    headers: Mapping[str, str]
    error: str = ""
    subscription: str = ""


@dataclass(frozen=True)
class Letter:
    """One webhook that waits. `compose` makes body and headers from the number of the attempt, from 1."""

    topic: str
    url: str
    compose: Compose
    due: datetime
    subscription: str = ""
    attempt: int = 1
    method: str = "POST"


@dataclass(frozen=True)
class Manners:
    """
    How a partner delivers.

    Args:
        delays: seconds before each further attempt; no more attempts after the last.
        accepts: is this status a success?
        repeats: is a webhook that was answered so sent again? None: there was no answer.
        answer_within: seconds that the receiver has.
    """

    delays: Sequence[float]
    accepts: Callable[[int], bool] = field(default=lambda status: 200 <= status < 300)
    repeats: Callable[[int | None], bool] = field(default=lambda _: True)
    answer_within: float = 30.0


class Outbox:
    """The queue. `settle` hears the outcome of each attempt."""

    def __init__(
        self,
        client: httpx.AsyncClient | None,
        now: Callable[[], datetime],
        manners: Manners,
        settle: Callable[[WebhookAttempt], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._now = now
        self._manners = manners
        self._settle = settle
        self.waiting: list[Letter] = []
        self.given_up: list[Letter] = []

    def put(
        self,
        topic: str,
        url: str,
        compose: Compose,
        *,
        copies: int = 1,
        after: float = 0.0,
        subscription: str = "",
        method: str = "POST",
    ) -> None:
        """Queue one webhook, `copies` times (duplicates do happen); nothing is kept where nobody listens."""
        if self._client is None or not url:
            return
        due = self._now() + timedelta(seconds=after)
        letter = Letter(topic, url, compose, due, subscription, method=method)
        self.waiting.extend(letter for _ in range(copies))

    def disturb(self, *, copies: int = 1, reverse: bool = False) -> None:
        """Let all that waits go out `copies` times, as happens at least once, or newest first."""
        self.waiting = [letter for letter in self.waiting for _ in range(copies)]
        if reverse:
            self.waiting.reverse()

    def withdraw(self, subscription: str) -> None:
        """Forget what waits for a subscription that ended."""
        self.waiting = [letter for letter in self.waiting if letter.subscription != subscription]

    async def deliver(self, at_once: int = 1) -> list[WebhookAttempt]:
        """Send what is due by the clock, `at_once` side by side; failures wait for their next attempt."""
        due = [letter for letter in self.waiting if letter.due <= self._now()]
        self.waiting = [letter for letter in self.waiting if letter.due > self._now()]
        attempts: list[WebhookAttempt] = []
        letters = iter(due)
        while batch := list(itertools.islice(letters, at_once)):
            outcomes = await asyncio.gather(*(self._send(letter) for letter in batch))
            for letter, attempt in zip(batch, outcomes, strict=True):
                self._after(letter, attempt)
            attempts.extend(outcomes)
        return attempts

    def _after(self, letter: Letter, attempt: WebhookAttempt) -> None:
        if not attempt.accepted:
            self._put_back(letter, attempt.status)
        self._settle(attempt)

    def _put_back(self, letter: Letter, status: int | None) -> None:
        if letter.attempt > len(self._manners.delays) or not self._manners.repeats(status):
            self.given_up.append(letter)
            return
        delay = timedelta(seconds=self._manners.delays[letter.attempt - 1])
        self.waiting.append(replace(letter, due=self._now() + delay, attempt=letter.attempt + 1))

    async def _send(self, letter: Letter) -> WebhookAttempt:
        assert self._client is not None  # put() queues nothing without one
        body, headers = letter.compose(letter.attempt)
        status, error = None, ""
        try:
            async with asyncio.timeout(self._manners.answer_within):
                sent = await self._client.request(letter.method, letter.url, content=body, headers=headers)
                status = sent.status_code
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as exc:
            error = str(exc) or type(exc).__name__
        accepted = status is not None and self._manners.accepts(status)
        return WebhookAttempt(
            letter.topic, letter.url, letter.attempt, status, accepted, body, headers, error, letter.subscription
        )
