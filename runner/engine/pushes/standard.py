"""Post in the form of Standard Webhooks: an id that is the same for every try, a time, and a signature of both.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from collections.abc import Sequence

from runner.client.sender import send
from runner.components.verifiers.standard_webhooks import sign
from runner.engine.house import House
from runner.model.http import Request, Response
from runner.model.secret import Secret

TIMEOUT = 15.0
LARGEST_ANSWER = 100_000


async def post(house: House, secrets: Sequence[Secret], url: str, name: str, body: bytes) -> Response:
    """Send `body` as the message `name`, signed with each secret; returns the answer, whatever it is. Redirects are not
    followed. Raises PartnerUnavailable when there is none."""
    now = house.clock.now()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(sign(secret, name, now, body) for secret in secrets),
    }
    request = Request("POST", url, headers=headers, content=body, timeout=TIMEOUT)
    return await send(house.http, request, LARGEST_ANSWER)
