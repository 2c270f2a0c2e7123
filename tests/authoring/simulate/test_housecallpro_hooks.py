from __future__ import annotations

import json

import pytest

from runner.authoring.simulate.housecallpro import HousecallPro, housecallpro
from runner.authoring.simulate.housecallpro_hooks import seal
from runner.authoring.simulate.outbox import WebhookTarget

HOOK = "https://host.example/webhooks/housecallpro"
JOB, ESTIMATE, CUSTOMER = (f"{prefix}_{1:032d}" for prefix in ("job", "csr", "cus"))


def listening(clock, receiver, **options) -> HousecallPro:
    return housecallpro(now=clock, webhooks=WebhookTarget(HOOK, receiver.client), **options)


async def told(partner: HousecallPro) -> list[str]:
    return [attempt.topic for attempt in await partner.deliver()]


def test_the_signature_is_that_of_the_vector():
    body = b'{"event":"job.created","event_occurred_at":"2026-04-02T15:20:38Z"}'
    expected = "e6de63cbe5b20e4d0d952475450bc8651a2cba8121e8de316cc78371f87b1883"
    assert seal("example-signing-secret", "1775143244", body) == expected


async def test_a_change_is_told_with_the_whole_record(clock, receiver):
    partner = listening(clock, receiver)
    partner.change("jobs", JOB, description="Roof")
    assert await told(partner) == ["job.updated"]
    (request,) = receiver.received
    said = json.loads(request.content)
    assert said.keys() == {"event", "event_occurred_at", "company_id", "job"}
    assert (said["job"]["id"], said["job"]["description"], said["job"]["attachments"]) == (JOB, "Roof", [])
    at = request.headers["api-timestamp"]
    assert at == str(int(clock().timestamp()))
    assert request.headers["api-signature"] == seal("housecallpro-webhook-secret", at, request.content)


async def test_a_signature_may_have_a_prefix(clock, receiver):
    partner = listening(clock, receiver, prefixed=True)
    partner.change("jobs", JOB, description="Roof")
    await partner.deliver()
    assert receiver.received[0].headers["api-signature"].startswith("sha256=")


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"work_status": "in progress"}, "job.started"),
        ({"work_status": "complete unrated"}, "job.completed"),
        ({"work_status": "pro canceled"}, "job.canceled"),
        ({"on_my_way_at": "2026-05-04T15:20:11Z"}, "job.on_my_way"),
        ({"deleted_at": "2026-05-04T15:20:11Z"}, "job.deleted"),
    ],
)
async def test_what_became_of_a_job_is_the_event(clock, receiver, fields, event):
    partner = listening(clock, receiver)
    partner.change("jobs", JOB, **fields)
    assert await told(partner) == [event]


async def test_appointments_have_events_of_their_own(clock, receiver):
    partner = listening(clock, receiver)
    key = f"job_{8:032d}"
    first, second = partner.table("jobs").row(key)["appointments"]
    moved = {**first, "start_time": "2026-06-01T14:00:00Z"}
    partner.change("jobs", key, appointments=[moved])
    assert await told(partner) == [
        "job.updated",
        "job.appointment.rescheduled",
        "job.appointment.appointment_discarded",
    ]
    assert json.loads(receiver.received[2].content)["appointment"] == second


async def test_estimates_customers_and_employees_are_told(clock, receiver):
    partner = listening(clock, receiver)
    option = partner.table("estimates").row(ESTIMATE)["options"][0]
    partner.change("estimates", ESTIMATE, options=[{**option, "approval_status": "approved"}])
    partner.add("customers", first_name="New")
    partner.remove("customers", CUSTOMER)
    partner.add("employees", first_name="New")
    assert await told(partner) == [
        "estimate.option.approval_status_changed",
        "customer.created",
        "customer.deleted",
        "employee.created",
    ]


async def test_a_repeat_is_signed_anew(clock, receiver):
    partner = listening(clock, receiver)
    receiver.answers = [500]
    partner.change("jobs", JOB, description="Roof")
    await partner.deliver()
    clock.pass_by(60)
    await partner.deliver()
    first, second = receiver.received
    assert first.content == second.content
    assert int(second.headers["api-timestamp"]) - int(first.headers["api-timestamp"]) == 60


async def test_a_trial_has_another_form(clock, receiver):
    partner = listening(clock, receiver)
    partner.hooks.try_out()
    await partner.deliver()
    assert json.loads(receiver.received[0].content) == {"foo": "bar"}
