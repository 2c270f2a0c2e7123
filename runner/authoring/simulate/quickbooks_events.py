"""
What QuickBooks' webhooks say: notices without data, in CloudEvents' form or the one before it.

Sources: developer.intuit.com/.../webhooks, blogs.intuit.com/2025/11/12/upcoming-change-to-webhooks-payload-structure,
GitHub intuit/QuickBooks-V3-PHP-SDK (TokenVerifier, WebhooksCloudEvent, Entity). CloudEvents types beside `created`
follow by analogy (unverified).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import orjson

from runner.authoring.simulate.outbox import Outbox
from runner.authoring.simulate.quickbooks_options import QuickBooksOptions
from runner.authoring.simulate.table import Row

Operation = Literal["Create", "Update", "Delete", "Merge", "Void", "Emailed"]
VERBS = {
    "Create": "created",
    "Update": "updated",
    "Delete": "deleted",
    "Merge": "merged",
    "Void": "voided",
    "Emailed": "emailed",
}


@dataclass(frozen=True)
class Notice:
    """One thing that happened in a company; `merged` is the id that went into `id`."""

    realm: str
    entity: str
    id: str
    operation: Operation
    at: datetime
    merged: str = ""


def notifications(notices: Sequence[Notice]) -> bytes:
    """The older form: one block for each company."""
    realms = dict.fromkeys(notice.realm for notice in notices)
    blocks = [
        {"realmId": realm, "dataChangeEvent": {"entities": [_old(one) for one in notices if one.realm == realm]}}
        for realm in realms
    ]
    return orjson.dumps({"eventNotifications": blocks})


def _old(notice: Notice) -> Row:
    moment = notice.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    said = {"name": notice.entity, "id": notice.id, "operation": notice.operation, "lastUpdated": moment}
    return {**said, "deletedId": notice.merged} if notice.merged else said


def cloud_events(notices: Sequence[Notice], uuid: Callable[[], str]) -> bytes:
    """The newer form: a list; the time has nine decimals."""
    return orjson.dumps([_new(notice, uuid()) for notice in notices])


def _new(notice: Notice, id: str) -> Row:  # noqa: A002 - CloudEvents' word
    return {
        "specversion": "1.0",
        "id": id,
        "source": "intuit.exampleSourceHash=",
        "type": f"qbo.{notice.entity.lower()}.{VERBS[notice.operation]}.v1",
        "datacontenttype": "application/json",
        "time": notice.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z"),
        "intuitentityid": notice.id,
        "intuitaccountid": notice.realm,
        "data": {"deletedId": notice.merged} if notice.merged else {},
    }


class Notices:
    """
    The webhooks of a company.

    Args:
        outbox, url: what carries them, and where to.
    """

    def __init__(
        self, options: QuickBooksOptions, outbox: Outbox, url: str, now: Callable[[], datetime], uuid: Callable[[], str]
    ) -> None:
        self._options = options
        self._outbox = outbox
        self._url = url
        self._now = now
        self._uuid = uuid

    def notice(self, entity: str, key: str, operation: Operation, merged: str = "") -> Notice:
        return Notice(self._options.realm_id, entity, key, operation, self._now(), merged)

    def tell(self, *notices: Notice) -> None:
        """One request tells of all, and of another company of the app where there is one."""
        told = list(notices)
        if self._options.neighbour:
            told.append(Notice(self._options.neighbour, "Customer", "1", "Update", self._now()))
        old = self._options.webhook_form == "notifications"
        body = notifications(told) if old else cloud_events(told, self._uuid)
        headers = {"content-type": "application/json", "intuit-signature": seal(self._options.verifier_token, body)}
        topic = f"{notices[0].entity}.{notices[0].operation}"
        self._outbox.put(topic, self._url, lambda _: (body, headers), copies=self._options.duplicates)


def seal(verifier_token: str, body: bytes) -> str:
    """base64(HMAC-SHA256) over the raw body; the key is the verifier token of the portal."""
    return base64.b64encode(hmac.new(verifier_token.encode(), body, hashlib.sha256).digest()).decode()
