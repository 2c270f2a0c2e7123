from __future__ import annotations

import json
import re

import httpx

from runner.authoring.simulate.outbox import WebhookTarget
from runner.authoring.simulate.teamup import TeamUp, teamup
from runner.authoring.simulate.teamup_hooks import seal

HOOK = "https://host.example/webhooks/teamup"
FIRST, SERIES, TALK = "180300001", "180300004", "180300006"
# those of an event in the payload that the partner publishes with its library
PUBLISHED = {
    *("all_day", "attachments", "comments", "comments_enabled", "comments_visibility", "creation_dt", "custom"),
    *("delete_dt", "end_dt", "id", "location", "notes", "readonly", "remote_id", "ristart_dt", "rrule", "rsstart_dt"),
    *("series_id", "signup_count", "signup_deadline", "signup_deadline_enabled", "signup_enabled", "signup_limit"),
    *("signup_visibility", "signups", "start_dt", "subcalendar_id", "subcalendar_ids", "title", "tz", "update_dt"),
    *("version", "who"),
}


def listening(clock, receiver) -> TeamUp:
    return teamup(now=clock, webhooks=WebhookTarget(HOOK, receiver.client))


async def told(partner: TeamUp, receiver) -> list[httpx.Request]:
    await partner.deliver()
    return receiver.received


def test_the_signature_is_that_of_the_vector():
    body = (
        b'{"id":"01HZEXAMPLE0000000000000000","calendar":"abc123","dispatch":[{"trigger":"event.modified","event":'
        b'{"id":"1001","title":"Roof survey","subcalendar_ids":[77],"start_dt":"2026-03-02T09:00:00+00:00",'
        b'"end_dt":"2026-03-02T11:00:00+00:00","version":"abc123def456","delete_dt":null}}]}'
    )
    assert seal("test-webhook-secret", body) == "8ae410d8111a2e62c02b1dc9296e0fb0c37999f7cb72964b420a2eaf1259cd33"


async def test_a_change_is_told_in_the_published_form(clock, receiver):
    partner = listening(clock, receiver)
    partner.change("events", FIRST, title="Roof and gutter")
    (request,) = await told(partner, receiver)
    said = json.loads(request.content)
    assert said.keys() == {"id", "calendar", "dispatch"}
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", said["id"])
    (item,) = said["dispatch"]
    assert (item["trigger"], item["event"]["title"]) == ("event.modified", "Roof and gutter")
    assert item["event"].keys() == PUBLISHED
    assert item["event"]["notes"] == {"html": "<p>Bring ladder</p>"}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["teamup-signature"] == seal("teamup-webhook-secret", request.content)


async def test_a_signup_comes_with_the_change_of_its_event(clock, receiver):
    partner = listening(clock, receiver)
    partner.change("events", TALK, signups=[])
    (request,) = await told(partner, receiver)
    triggers = [item["trigger"] for item in json.loads(request.content)["dispatch"]]
    assert triggers == ["event_signup.removed", "event.modified"]


async def test_a_comment_comes_alone(clock, receiver):
    partner = listening(clock, receiver)
    row = partner.table("events").row(TALK)
    partner.change("events", TALK, comments=[{**row["comments"][0], "message": "<p>Later</p>"}])
    (request,) = await told(partner, receiver)
    (item,) = json.loads(request.content)["dispatch"]
    assert item["trigger"] == "event_comment.modified"
    assert item["event"]["comments"][0]["message"] == {"html": "<p>Later</p>"}


async def test_what_is_made_and_deleted_is_told(clock, receiver):
    partner = listening(clock, receiver)
    partner.remove("events", partner.add("events", title="New"))
    partner.remove("events", SERIES)
    dispatch = [json.loads(request.content)["dispatch"][0] for request in await told(partner, receiver)]
    assert [item["trigger"] for item in dispatch] == ["event.created", "event.removed", "event.removed"]
    assert all(item["event"]["delete_dt"] for item in dispatch[1:])


async def test_a_trial_holds_nothing_and_may_be_unsigned(clock, receiver):
    partner = listening(clock, receiver)
    partner.hooks.try_out(signed=False)
    (request,) = await told(partner, receiver)
    assert json.loads(request.content)["dispatch"] == []
    assert "teamup-signature" not in request.headers


async def test_failures_are_repeated(clock, receiver):
    partner = listening(clock, receiver)
    receiver.answers = [500, 200]
    partner.change("events", FIRST, title="Again")
    await partner.deliver()
    clock.pass_by(60)
    first, second = await told(partner, receiver)
    assert first.content == second.content
