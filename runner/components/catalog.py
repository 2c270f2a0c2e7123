"""The one list of component types: what a connector can name after `type:`.

A Python package adds its own types through the entry-point group `runner.components.<kind>`.
"""

from __future__ import annotations

from typing import Annotated

from runner.components.auth.base import Auth
from runner.components.auth.choice import WayChoice
from runner.components.auth.ways import WAYS
from runner.components.block import Choice
from runner.components.destinations.base import Destination
from runner.components.destinations.connector import ConnectorDestination
from runner.components.destinations.jsonl import JsonlDestination
from runner.components.destinations.table import TableDestination
from runner.components.destinations.webhook import WebhookDestination
from runner.components.handshakes.base import Handshake
from runner.components.handshakes.confirm import Confirm
from runner.components.handshakes.echo import Echo
from runner.components.handshakes.signed_challenge import SignedChallenge
from runner.components.incrementals.base import Incremental
from runner.components.incrementals.newest_first import NewestFirst
from runner.components.incrementals.only_newer import OnlyNewer
from runner.components.incrementals.since import Since
from runner.components.incrementals.token import Token
from runner.components.incrementals.window import DateWindow
from runner.components.paginators.base import Paginator
from runner.components.paginators.capped_cursor import CappedCursor
from runner.components.paginators.cursor import Cursor
from runner.components.paginators.header_cursor import HeaderCursor
from runner.components.paginators.header_link import HeaderLink
from runner.components.paginators.json_link import JsonLink
from runner.components.paginators.keyset import Keyset
from runner.components.paginators.offset import Offset
from runner.components.paginators.onward import Continue
from runner.components.paginators.page_number import PageNumber
from runner.components.paginators.single_page import SinglePage
from runner.components.plug_ins import plug_ins
from runner.components.ratelimits.base import RateLimit
from runner.components.ratelimits.concurrency import ConcurrencyLimit
from runner.components.ratelimits.cost import CostLimit
from runner.components.ratelimits.headers import HeadersLimit
from runner.components.ratelimits.points import PointsLimit
from runner.components.ratelimits.window import WindowLimit
from runner.components.uploads.base import Upload
from runner.components.uploads.session import UploadSession
from runner.components.verifiers.base import Verifier
from runner.components.verifiers.basic import BasicWebhook
from runner.components.verifiers.canonical_headers import CanonicalHeaders
from runner.components.verifiers.digest import Digest
from runner.components.verifiers.hmac import Hmac
from runner.components.verifiers.none import Unproved
from runner.components.verifiers.shared_token import SharedToken
from runner.components.verifiers.standard_webhooks import StandardWebhooks
from runner.components.waits.backoff import BackoffWait
from runner.components.waits.base import Wait
from runner.components.waits.body import BodyWait
from runner.components.waits.cost import CostWait
from runner.components.waits.fixed import FixedWait
from runner.components.waits.header import HeaderWait

AUTH = Choice(*WAYS.classes, WayChoice)
PAGINATORS = Choice(
    SinglePage,
    PageNumber,
    Offset,
    Keyset,
    Cursor,
    CappedCursor,
    Continue,
    HeaderCursor,
    HeaderLink,
    JsonLink,
    *plug_ins("paginators", Paginator),
)
INCREMENTALS = Choice(Since, DateWindow, Token, NewestFirst, OnlyNewer, *plug_ins("incrementals", Incremental))
RATE_LIMITS = Choice(
    WindowLimit, CostLimit, PointsLimit, HeadersLimit, ConcurrencyLimit, *plug_ins("ratelimits", RateLimit)
)
WAITS = Choice(BackoffWait, HeaderWait, BodyWait, FixedWait, CostWait, *plug_ins("waits", Wait))
VERIFIERS = Choice(
    Hmac,
    StandardWebhooks,
    Digest,
    CanonicalHeaders,
    SharedToken,
    BasicWebhook,
    Unproved,
    *plug_ins("verifiers", Verifier),
)
HANDSHAKES = Choice(Echo, SignedChallenge, Confirm, *plug_ins("handshakes", Handshake))
DESTINATIONS = Choice(WebhookDestination, JsonlDestination, TableDestination, ConnectorDestination)
"""Of runner.yaml. No package adds to them: they touch the world, and what does is ours to prove."""
UPLOADS = Choice(UploadSession, *plug_ins("uploads", Upload))

KINDS: dict[str, Choice] = {
    "auth": AUTH,
    "paginators": PAGINATORS,
    "incrementals": INCREMENTALS,
    "ratelimits": RATE_LIMITS,
    "waits": WAITS,
    "verifiers": VERIFIERS,
    "handshakes": HANDSHAKES,
    "uploads": UPLOADS,
    "destinations": DESTINATIONS,
}

AnyAuth = Annotated[Auth, AUTH]
AnyPaginator = Annotated[Paginator, PAGINATORS]
AnyIncremental = Annotated[Incremental, INCREMENTALS]
AnyRateLimit = Annotated[RateLimit, RATE_LIMITS]
AnyWait = Annotated[Wait, WAITS]
AnyVerifier = Annotated[Verifier, VERIFIERS]
AnyUpload = Annotated[Upload, UPLOADS]
AnyHandshake = Annotated[Handshake, HANDSHAKES]
AnyDestination = Annotated[Destination, DESTINATIONS]
