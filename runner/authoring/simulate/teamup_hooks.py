"""
Teamup's webhooks: what a delivery says, and who signs it.

Sources: GitHub TeamupCom/webhook-utils-php (src/Parser.php, src/Trigger.php, src/Payload, tests/data/payload.json).
They are made in the web interface, one for a calendar; no call makes them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson

from runner.authoring.simulate.outbox import Outbox
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Row
from runner.authoring.simulate.teamup_options import TeamUpOptions
from runner.authoring.simulate.teamup_shapes import in_webhook

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Hooks:
    """
    The calendar's webhook.

    Args:
        url: where it goes; empty: none was made.
    """

    def __init__(
        self, url: str, options: TeamUpOptions, outbox: Outbox, dice: Dice, now: Callable[[], datetime]
    ) -> None:
        self.url = url
        self._options = options
        self._outbox = outbox
        self._dice = dice
        self._now = now

    def tell(self, dispatch: Sequence[tuple[str, Row]]) -> None:
        """One delivery of several items, each a trigger and its event."""
        items = [{"trigger": trigger, "event": in_webhook(row, self._options.zone)} for trigger, row in dispatch]
        if items:
            self._post(", ".join(trigger for trigger, _ in dispatch), items)

    def try_out(self, *, signed: bool = True) -> None:
        """The empty delivery that some receivers have seen when a webhook was made."""
        self._post("trial", [], signed=signed)

    def _post(self, topic: str, items: list[dict[str, Any]], *, signed: bool = True) -> None:
        body = orjson.dumps({"id": self._ulid(), "calendar": self._options.calendar, "dispatch": items})
        signature = {"Teamup-Signature": seal(self._options.webhook_secret, body)} if signed else {}
        headers = {"Content-Type": "application/json", **signature}
        self._outbox.put(topic, self.url, lambda _: (body, headers))

    def _ulid(self) -> str:
        """48 bits of time, 80 of chance, in Crockford's letters."""
        number = int(self._now().timestamp() * 1000) << 80 | int(self._dice.mint("ulid")[:20], 16)
        return "".join(CROCKFORD[number >> 5 * place & 31] for place in range(25, -1, -1))


def told(before: Row, after: Row) -> list[tuple[str, Row]]:
    """The items that tell of a change: a signup comes with the change of its event, a comment alone."""
    signups = _changes("event_signup", before["signups"], after["signups"])
    comments = _changes("event_comment", before["comments"], after["comments"])
    if after["delete_dt"] and not before["delete_dt"]:
        return [("event.removed", after)]
    if comments and not signups and _same(before, after):
        return [(trigger, after) for trigger in comments]
    return [(trigger, after) for trigger in (*signups, "event.modified", *comments)]


def _same(before: Row, after: Row) -> bool:
    passing = {"comments", "update_dt", "version"}
    return all(before[name] == after[name] for name in after if name not in passing)


def _changes(kind: str, before: list[Row], after: list[Row]) -> list[str]:
    known, now = ({row["id"]: row for row in rows} for rows in (before, after))
    made = [f"{kind}.created" for key in now if key not in known]
    changed = [f"{kind}.modified" for key in now if key in known and known[key] != now[key]]
    return [*made, *changed, *(f"{kind}.removed" for key in known if key not in now)]


def seal(secret: str, body: bytes) -> str:
    """Lower-case hexadecimal HMAC-SHA256 over the raw body; the secret is text as it is shown."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
