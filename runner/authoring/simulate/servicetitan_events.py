"""
ServiceTitan's V2 webhooks: which events a change makes, and their CloudEvents 1.0 envelope.

Sources: schemas `CloudEvent_Of_...` of the partner's OpenAPI files; developer-next.servicetitan.io/docs/webhooks
and the FAQ. There is no event for customers, locations, contacts or technicians.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from runner.authoring.simulate.table import Row, Table

Encoding = Literal["hex", "base64"]
SOURCE = "https://webhooks.servicetitan.io"
NOT_IN_WEBHOOKS = frozenset({"summary", "customFields", "externalData", "active"})


@dataclass(frozen=True)
class Notice:
    """One occurrence: an event type and what stands beside the tenant in `data`."""

    topic: str
    data: Row

    def envelope(self, tenant: Row, *, delivery: str, occurrence: str, time: str) -> bytes:
        """The CloudEvents body. `delivery` is new for each attempt, `occurrence` is not."""
        return orjson.dumps(
            {
                "specversion": "1.0",
                "id": delivery,
                "type": self.topic,
                "time": time,
                "source": SOURCE,
                "userassignedid": occurrence,
                "datacontenttype": "application/json",
                "data": {**tenant, **self.data},
            }
        )


def seal(key: str, body: bytes, encoding: Encoding) -> str:
    """HMAC-SHA256 over the raw body. Hash and encoding are unverified: the partner's pages hide both."""
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


def notices(what: str, verb: str, before: Row, after: Row, tables: Mapping[str, Table]) -> Iterator[Notice]:
    """The events of one change, the payload as it is at that moment."""
    if verb == "remove":
        return
    if what == "jobs":
        yield from _of_job(verb, before, after)
    elif what == "appointments":
        yield from _of_appointment(before, after, tables["jobs"])
    elif what == "appointment-assignments":
        yield from _of_assignment(before, after, tables["jobs"])


def _of_job(verb: str, before: Row, after: Row) -> Iterator[Notice]:
    if verb == "add":
        yield Notice("tn.jpm.job-scheduled", _job(after))
        return
    yield Notice("tn.jpm.job-updated", _job(after))
    if _became(before, after, "jobStatus", "Completed"):
        yield Notice("tn.jpm.job-completed", _job(after))


def _of_appointment(before: Row, after: Row, jobs: Table) -> Iterator[Notice]:
    yield Notice("tn.jpm.job-appointment-updated", {"appointment": dict(after)})
    job = jobs.get(after["jobId"])
    if job is not None and before and before["start"] != after["start"]:
        moved = {"appointmentId": after["id"], "appointmentNumber": after["appointmentNumber"]}
        yield Notice("tn.jpm.job-rescheduled", {**_job(job), **moved})


def _of_assignment(before: Row, after: Row, jobs: Table) -> Iterator[Notice]:
    """The schema of this event's `data` was not to be had: the job, as in its neighbours."""
    job = jobs.get(after["jobId"])
    if job is not None and _became(before, after, "status", "Dispatched"):
        yield Notice("tn.dis.technician-dispatched", _job(job))


def _became(before: Row, after: Row, column: str, value: Any) -> bool:
    return bool(after[column] == value and before.get(column) != value)


def _job(row: Row) -> Row:
    job = {column: value for column, value in row.items() if column not in NOT_IN_WEBHOOKS}
    return {"manageEmployeeEmail": None, "manageFollowUpEmail": None, "job": job}
