"""CompanyCam's actions, asked for as the host asks, against a partner that checks what it is sent."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from runner.errors import ActionRefused, BadInput, UnknownOutcome
from tests.connectors.acting import Desk
from tests.partners import World, world

PROJECT = "94772883"
PHOTO_AT = "2026-05-04T09:20:10-06:00"
PHOTO = {"project_id": PROJECT, "url": "https://files.example/a.jpg", "captured_at": PHOTO_AT}


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, size=3) as opened:
        yield opened


@pytest.fixture
async def desk(here: World) -> Desk:
    return Desk(here, await here.connect("companycam"))


def project(desk: Desk, key: str = PROJECT) -> dict[str, Any]:
    return desk.here.companycam.table("projects").row(key)


async def test_a_project_is_made_changed_and_deleted(desk: Desk) -> None:
    given = {"name": "Roof", "address": {"street_address_1": "1 Main St"}, "primary_contact": {"name": "Sam"}}
    made = await desk.result("create_project", **given)
    assert made["url"].endswith(made["id"])
    await desk.result("update_project", id=made["id"], name="New roof", coordinates={"lat": 40.8, "lon": -96.7})
    row = project(desk, made["id"])
    assert (row["name"], row["coordinates"]["lat"], row["primary_contact"]["name"]) == ("New roof", 40.8, "Sam")
    assert row["address"]["street_address_1"] == "1 Main St"
    await desk.result("delete_project", id=made["id"])
    assert project(desk, made["id"])["status"] == "deleted"


async def test_a_project_is_archived_and_comes_back(desk: Desk) -> None:
    await desk.result("archive_project", id=PROJECT)
    assert project(desk)["archived"] is True
    await desk.result("restore_project", id=PROJECT)
    assert project(desk)["archived"] is False


async def test_users_are_assigned_and_taken_off(desk: Desk) -> None:
    user = next(iter(desk.here.companycam.table("users")))["id"]
    for _ in range(2):
        await desk.result("assign_user", project_id=PROJECT, user_id=user)
    await desk.result("unassign_user", project_id=PROJECT, user_id=user)
    with pytest.raises(ActionRefused, match="Record not found"):
        await desk.result("unassign_user", project_id=PROJECT, user_id=user)


async def test_the_notepad_is_written(desk: Desk) -> None:
    await desk.result("write_notepad", id=PROJECT, text="Gate 4")
    assert project(desk)["notepad"] == "Gate 4"


async def test_labels_are_added_once_and_removed(desk: Desk) -> None:
    await desk.result("add_labels", id=PROJECT, labels=["Urgent"])
    found = (await desk.result("add_labels", id=PROJECT, labels=["urgent", "Roof"]))["labels"]
    assert [one["name"] for one in found] == ["Urgent", "Roof"]
    await desk.result("remove_label", id=PROJECT, label_id=found[0]["id"])
    left = (await desk.result("add_labels", id=PROJECT, labels=["Roof"]))["labels"]
    assert [one["name"] for one in left] == ["Roof"]


async def test_a_photo_is_added_by_its_address_described_tagged_and_deleted(desk: Desk) -> None:
    made = await desk.result("add_photo", **PHOTO, tags=["front"], coordinates={"lat": 40.8, "lon": -96.7})
    row = desk.here.companycam.table("photos").row(made["id"])
    assert (row["project_id"], row["captured_at"]) == (PROJECT, 1777908010)
    await desk.result("describe_photo", id=made["id"], text="North side")
    await desk.result("tag_photo", id=made["id"], tags=["gutter"])
    assert row["description"] == "North side"
    await desk.result("delete_photo", id=made["id"])
    assert row["status"] == "deleted"


@pytest.mark.parametrize("given", [{"project_id": PROJECT}, {"photo_id": ""}])
async def test_comments_are_made(desk: Desk, given: dict[str, str]) -> None:
    photo = next(iter(desk.here.companycam.table("photos")))["id"]
    name, key = ("add_comment", "project_id") if "project_id" in given else ("add_photo_comment", "photo_id")
    about = given.get("project_id") or photo
    made = await desk.result(name, **{key: about}, text="Done")
    assert [(one["id"], one["content"]) for one in desk.here.companycam.talk.comments[about]] == [(made["id"], "Done")]


async def test_a_document_is_added(desk: Desk) -> None:
    content = base64.b64encode(b"%PDF-1.7").decode()
    made = await desk.result("add_document", project_id=PROJECT, name="Contract.pdf", content=content)
    (row,) = desk.here.companycam.talk.documents[PROJECT]
    assert (row["id"], row["name"], row["byte_size"]) == (made["id"], "Contract.pdf", 8)


async def test_the_partner_says_what_is_wrong(desk: Desk) -> None:
    with pytest.raises(ActionRefused, match="answers 400: attachment is invalid") as caught:
        await desk.result("add_document", project_id=PROJECT, name="Contract.pdf", content="no base64!")
    assert caught.value.words == "attachment is invalid"


@pytest.mark.parametrize(
    ("name", "given", "wrong"),
    [
        ("create_project", {"name": "Roof", "address": {"town": "Lincoln"}}, "address.town"),
        ("create_project", {"name": "Roof", "coordinates": {"lat": 1}}, "coordinates.lon"),
        ("add_photo", {**PHOTO, "url": "file:///etc/hosts"}, "url"),
        ("add_photo", {**PHOTO, "captured_at": "today"}, "captured_at"),
        ("add_labels", {"id": PROJECT, "labels": ["a", True]}, "labels[1]"),
    ],
)
async def test_a_wrong_value_is_named_by_its_path(desk: Desk, name: str, given: dict[str, Any], wrong: str) -> None:
    sent = len(desk.here.wire.requests)
    with pytest.raises(BadInput) as caught:
        await desk.ask(name, given)
    assert [where for where, _ in caught.value.flaws] == [wrong]
    assert len(desk.here.wire.requests) == sent


LOST: list[tuple[str, dict[str, Any], str]] = [
    ("create_project", {"name": "Roof", "address": {"street_address_1": "1 Main St"}}, "POST /v2/projects"),
    ("add_photo", PHOTO, "POST /v2/projects/{id}/photos"),
    ("add_comment", {"project_id": PROJECT, "text": "Done"}, "POST /v2/projects/{id}/comments"),
    ("add_document", {"project_id": PROJECT, "name": "a", "content": "YQ=="}, "POST /v2/projects/{id}/documents"),
]


@pytest.mark.parametrize(("name", "given", "call"), LOST)
async def test_what_was_made_and_not_answered_is_found(desk: Desk, name: str, given: dict[str, Any], call: str) -> None:
    desk.here.companycam.fail_next(1, "lost", on=call)
    with pytest.raises(UnknownOutcome):
        await desk.ask(name, given, "k1")
    found = await desk.ask(name, given, "k1")
    assert (found.repeated, bool(found.result["id"]), desk.here.companycam.calls[call]) == (True, True, 1)


@pytest.mark.parametrize(("name", "given", "call"), LOST)
async def test_what_was_not_made_is_made_then(desk: Desk, name: str, given: dict[str, Any], call: str) -> None:
    desk.here.companycam.fail_next(1, "timeout", on=call)
    with pytest.raises(UnknownOutcome):
        await desk.ask(name, given, "k1")
    found = await desk.ask(name, given, "k1")
    assert (found.repeated, bool(found.result["id"]), desk.here.companycam.calls[call]) == (False, True, 2)


async def test_a_change_that_may_be_repeated_is_repeated_at_once(desk: Desk) -> None:
    desk.here.companycam.fail_next(1, "lost", on="PATCH /v2/projects/{id}/archive")
    assert not (await desk.ask("archive_project", {"id": PROJECT})).repeated
    assert project(desk)["archived"] is True
