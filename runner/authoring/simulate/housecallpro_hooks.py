"""
Housecall Pro's webhooks: which events tell of a change, what a request says, who signs it.

Sources: GitHub amp-labs/connectors (providers/housecallPro/subscriptionEvent.go, test/webhook-*.json). They are turned
on in the partner's app, where the secret is shown; `POST /webhooks/subscription` has no published body and is not
simulated. Which events come together is this simulation's choice.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import datetime

import orjson

from runner.authoring.simulate.housecallpro_data import written
from runner.authoring.simulate.housecallpro_options import HousecallProOptions
from runner.authoring.simulate.outbox import Outbox
from runner.authoring.simulate.table import Row

BY_STATE = {
    "scheduled": "scheduled",
    "in progress": "started",
    "complete rated": "completed",
    "complete unrated": "completed",
    "user canceled": "canceled",
    "pro canceled": "canceled",
}


class Hooks:
    """
    The company's webhook.

    Args:
        url: where it goes; empty: none was made.
    """

    def __init__(self, url: str, options: HousecallProOptions, outbox: Outbox, now: Callable[[], datetime]) -> None:
        self.url = url
        self._options = options
        self._outbox = outbox
        self._now = now

    def tell(self, event: str, kind: str, shown: Row, company_id: str) -> None:
        """`kind` is the singular name that the thing stands under."""
        head = {"event": event, "event_occurred_at": written(self._now()), "company_id": company_id}
        self._post(event, orjson.dumps({**head, kind: shown}))

    def try_out(self) -> None:
        """A trial whose body has another form, as one client reports."""
        self._post("trial", b'{"foo":"bar"}')

    def _post(self, topic: str, body: bytes) -> None:
        self._outbox.put(topic, self.url, lambda _: (body, self._headers(body)))

    def _headers(self, body: bytes) -> dict[str, str]:
        """Signed anew with each attempt."""
        at = str(int(self._now().timestamp()))
        prefix = "sha256=" if self._options.prefixed else ""
        signature = prefix + seal(self._options.webhook_secret, at, body)
        return {"Content-Type": "application/json", "Api-Timestamp": at, "Api-Signature": signature}


def job_events(before: Row, after: Row) -> Iterable[str]:
    """What is said of a job that changed."""
    if after["deleted_at"] and not before["deleted_at"]:
        yield "job.deleted"
    elif after["work_status"] != before["work_status"] and after["work_status"] in BY_STATE:
        yield f"job.{BY_STATE[after['work_status']]}"
    elif after["on_my_way_at"] and not before["on_my_way_at"]:
        yield "job.on_my_way"
    elif before["outstanding_balance"] and not after["outstanding_balance"]:
        yield "job.paid"
    else:
        yield "job.updated"


def appointment_events(before: Row, after: Row) -> Iterable[tuple[str, Row]]:
    """What is said of the appointments of a job."""
    known, now = ({one["id"]: one for one in row["appointments"]} for row in (before, after))
    for key, one in now.items():
        old = known.get(key)
        if old is None:
            yield "job.appointment.scheduled", one
        elif (old["start_time"], old["end_time"]) != (one["start_time"], one["end_time"]):
            yield "job.appointment.rescheduled", one
        elif set(old["dispatched_employees_ids"]) != set(one["dispatched_employees_ids"]):
            more = set(one["dispatched_employees_ids"]) - set(old["dispatched_employees_ids"])
            yield f"job.appointment.appointment_pros_{'assigned' if more else 'unassigned'}", one
    for key in known.keys() - now.keys():
        yield "job.appointment.appointment_discarded", known[key]


def estimate_events(before: Row, after: Row) -> Iterable[str]:
    """What is said of an estimate that changed."""
    old, new = ({one["id"]: one["approval_status"] for one in row["options"]} for row in (before, after))
    if new.keys() - old.keys():
        yield "estimate.option.created"
    elif any(new[key] != old.get(key) for key in new):
        yield "estimate.option.approval_status_changed"
    elif after["work_status"] != before["work_status"]:
        word = BY_STATE.get(after["work_status"])
        yield f"estimate.{word}" if word in {"scheduled", "completed"} else "estimate.updated"
    else:
        yield "estimate.updated"


def seal(secret: str, at: str, body: bytes) -> str:
    """Hexadecimal HMAC-SHA256 over time, dot and raw body."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
