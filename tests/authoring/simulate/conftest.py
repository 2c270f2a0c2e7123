"""A clock that is told the time, a receiver of webhooks that is told its answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 5, 4, 15, 20, 11, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Receiver:
    """Answers 200 until `answers` says otherwise: statuses, or an exception to raise."""

    def __init__(self) -> None:
        self.received: list[httpx.Request] = []
        self.answers: list[int | Exception] = []
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.received.append(request)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()
