"""Runs a flow: each request that it yields goes out, and the answer is sent back into it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TypeVar

import httpx

from runner.client.sender import send
from runner.errors import PartnerError
from runner.model.http import Request, Response

T = TypeVar("T")

LARGEST_ANSWER = 1_000_000  # bytes
TIMEOUT = 20.0  # seconds


async def run(flow: Generator[Request, Response, T], http: httpx.AsyncClient) -> T:
    """What the flow ends with. Raises the flow's PartnerError; that of a request without an answer is the flow's own
    to take, where it can do without."""
    try:
        request = next(flow)
        while True:
            try:
                response = await send(http, replace(request, timeout=TIMEOUT), LARGEST_ANSWER)
            except PartnerError as error:
                request = flow.throw(error)
            else:
                request = flow.send(response)
    except StopIteration as end:
        ended: T = end.value
        return ended
    finally:
        flow.close()
