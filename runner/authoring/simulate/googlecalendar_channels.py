"""
Google's push notifications: channels, and what is posted to them.

Sources: the guide to push notifications and the discovery document of calendar v3. A notification has no body and no
signature; it only says that something changed. Reasons of refusals here are unverified.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from runner.authoring.simulate.answers import json_body, reply
from runner.authoring.simulate.googlecalendar_errors import missing, refusal
from runner.authoring.simulate.googlecalendar_options import GoogleCalendarOptions
from runner.authoring.simulate.partner import Partner
from runner.authoring.simulate.table import Row

KEY = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")
LONGEST_TOKEN = 256
SUCCESS = (200, 201, 202, 204, 102)
REPEATED = (500, 502, 503, 504, None)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
AGENT = "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"


@dataclass
class Channel:
    """One that is open."""

    id: str
    resource: str
    uri: str
    address: str
    token: str
    expires: datetime
    number: int = 0


class Channels:
    """The channels of the account, and the ids that were ever used."""

    def __init__(self, partner: Partner, options: GoogleCalendarOptions) -> None:
        self._partner = partner
        self._options = options
        self._used: set[str] = set()
        self.open: dict[str, Channel] = {}

    async def watch(self, request: Request, resource: str, uri: str) -> Response:
        """Open a channel. Its `sync` message is on its way before the answer is."""
        body = await json_body(request)
        if not isinstance(body, dict):
            raise refusal(400, "parseError", "Parse Error")
        self._judge(body)
        expires = self._expiry(body)
        token = str(body.get("token") or "")
        channel = Channel(body["id"], resource, uri, body["address"], token, expires)
        self._used.add(channel.id)
        self.open[channel.id] = channel
        self._post(channel, "sync")
        answer: Row = {"kind": "api#channel", "id": channel.id, "resourceId": resource, "resourceUri": uri}
        answer |= {"token": token} if token else {}
        return reply({**answer, "expiration": str(int(expires.timestamp() * 1000))})

    def _judge(self, body: Row) -> None:
        for name in ("id", "type", "address"):
            if not isinstance(body.get(name), str) or not body[name]:
                raise missing(name)
        if not KEY.fullmatch(body["id"]):
            raise refusal(400, "invalid", "Invalid channel id.", domain="push", location="id")
        if body["id"] in self._used:
            raise refusal(400, "channelIdNotUnique", f"Channel id {body['id']} not unique", domain="push")
        if body["type"] not in {"web_hook", "webhook"}:
            raise refusal(400, "unknownChannelType", "Unknown channel type.", domain="push", location="type")
        if len(str(body.get("token") or "")) > LONGEST_TOKEN:
            raise refusal(400, "invalid", "Channel token is too long.", domain="push", location="token")
        address = urlsplit(body["address"])
        if address.scheme != "https" and address.hostname not in LOOPBACK:  # an own machine has no certificate
            message = f"WebHook callback must be HTTPS: {body['address']}"
            raise refusal(400, "webhookUrlNotHttps", message, domain="push")

    def _expiry(self, body: Row) -> datetime:
        """Never later than Google likes; a time that has passed is refused."""
        now, longest = self._partner.now(), self._options.channel_lifetime
        wanted: Any = body.get("expiration")
        ttl: Any = (body.get("params") or {}).get("ttl")
        try:
            if wanted is not None:
                seconds = int(wanted) / 1000 - now.timestamp()
            else:
                seconds = float(int(ttl)) if ttl is not None else longest
        except (TypeError, ValueError):
            raise refusal(400, "invalid", "Invalid expiration.", domain="push", location="expiration") from None
        if seconds <= 0:
            raise refusal(400, "invalid", "Invalid expiration.", domain="push", location="expiration")
        return now + timedelta(seconds=min(seconds, longest))

    async def stop(self, request: Request) -> Response:
        """Only the account that opened a channel may, and here there is but one."""
        body = await json_body(request)
        key = body.get("id") if isinstance(body, dict) else None
        channel = self._alive(str(key))
        if channel is None or channel.resource != body.get("resourceId"):
            raise refusal(404, "notFound", f"Channel '{key}' not found for project '{self._options.client_id}'")
        del self.open[channel.id]
        self._partner.outbox.withdraw(channel.id)
        return Response(status_code=204)

    def _alive(self, key: str) -> Channel | None:
        channel = self.open.get(key)
        return channel if channel is not None and channel.expires > self._partner.now() else None

    def tell(self, resource: str, state: str = "exists") -> None:
        """Something changed: made, edited and deleted look the same."""
        for channel in list(self.open.values()):
            if self._alive(channel.id) is None:
                del self.open[channel.id]
            elif channel.resource == resource:
                self._post(channel, state)

    def _post(self, channel: Channel, state: str) -> None:
        step = 1 + self._partner.dice.below(self._options.gap, channel.id, channel.number)
        channel.number += step if channel.number else 1
        headers = {
            "Content-Type": "application/json; utf-8",
            "User-Agent": AGENT,
            "X-Goog-Channel-ID": channel.id,
            "X-Goog-Channel-Expiration": format_datetime(channel.expires.astimezone(UTC), usegmt=True),
            "X-Goog-Message-Number": str(channel.number),
            "X-Goog-Resource-ID": channel.resource,
            "X-Goog-Resource-State": state,
            "X-Goog-Resource-URI": channel.uri,
        }
        if channel.token:
            headers["X-Goog-Channel-Token"] = channel.token
        self._partner.outbox.put(state, channel.address, lambda _: (b"", headers), subscription=channel.id)
