"""Runs a flow: each request that it yields goes out, and the answer is sent back into it."""

from __future__ import annotations

from dataclasses import replace

import httpx

from runner.client.sender import send
from runner.components.auth.base import Flow, Granted

LARGEST_ANSWER = 1_000_000  # bytes
TIMEOUT = 20.0  # seconds


async def run(flow: Flow, http: httpx.AsyncClient) -> Granted:
    """What the flow ends with. Raises the flow's PartnerError, or that of a request that got no answer."""
    try:
        request = next(flow)
        while True:
            response = await send(http, replace(request, timeout=TIMEOUT), LARGEST_ANSWER)
            request = flow.send(response)
    except StopIteration as end:
        granted: Granted = end.value
        return granted
    finally:
        flow.close()
