"""
Dropbox's webhooks: one address for the app, tried once, then told which accounts changed.

Sources: www.dropbox.com/developers/reference/webhooks and the partner's sample receiver mdwebhook.
"""

from __future__ import annotations

import hashlib
import hmac

import httpx
import orjson

from runner.authoring.simulate.dropbox_data import ACCOUNT, UID
from runner.authoring.simulate.dropbox_options import DropboxOptions
from runner.authoring.simulate.outbox import WebhookTarget
from runner.authoring.simulate.partner import Partner

TOPIC = "list_folder"
SECONDS = 10.0


def seal(secret: str, body: bytes) -> str:
    """Lower-case hex HMAC-SHA256 over the raw body; the key is the app's secret."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Hooks:
    """The address, as the App Console holds it."""

    def __init__(self, partner: Partner, options: DropboxOptions, target: WebhookTarget | None) -> None:
        self._partner = partner
        self._options = options
        self._client = target.client if target else None
        self.url = target.url if target else ""

    async def enable(self, url: str) -> bool:
        """What the App Console does with a new address: the challenge must come back as plain text, within 10 s."""
        if self._client is None:
            return False
        challenge = self._partner.dice.mint("challenge")
        try:
            answer = await self._client.get(url, params={"challenge": challenge}, timeout=SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        plain = answer.headers.get("content-type", "").partition(";")[0] == "text/plain"
        careful = answer.headers.get("x-content-type-options") == "nosniff"
        good = answer.status_code == 200 and answer.text == challenge and plain and careful
        self.url = url if good else self.url
        return good

    def tell(self) -> None:
        """The account changed. One notice waits at most: what comes meanwhile is in the same listing."""
        waiting = self._partner.outbox.waiting
        if any(letter.attempt == 1 and letter.subscription == ACCOUNT for letter in waiting):
            return
        body = orjson.dumps({"list_folder": {"accounts": [ACCOUNT]}, "delta": {"users": [UID]}})
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "DropboxWebhooks/1.0",
            "X-Dropbox-Signature": seal(self._options.client_secret, body),
        }
        self._partner.outbox.put(TOPIC, self.url, lambda _: (body, headers), subscription=ACCOUNT)
