"""Housecall Pro's actions, asked for as the host asks, against a company that checks what it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from runner.authoring.simulate.housecallpro import HousecallPro
from runner.errors import ActionRefused, BadInput, UnknownOutcome
from runner.model.integration import State
from runner.store import integrations
from tests.connectors.acting import Desk
from tests.partners import World, world

JOB, CUSTOMER, EMPLOYEE = (f"{prefix}_{1:032d}" for prefix in ("job", "cus", "pro"))
TIMES = {"starts_at": "2026-06-01T14:00:00Z", "ends_at": "2026-06-01T16:00:00Z"}


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("housecallpro",), size=6) as opened:
        yield opened


@pytest.fixture
async def desk(here: World) -> Desk:
    return Desk(here, await here.connect("housecallpro"))


@pytest.fixture
async def approved(here: World, partner: HousecallPro) -> Desk:
    """Let in by the key of an approved partner's application."""
    return Desk(here, await here.connect("housecallpro", api_key=partner.options.application_key))


@pytest.fixture
def partner(here: World) -> HousecallPro:
    found: HousecallPro = here.partners["housecallpro"]
    return found


async def test_a_customer_is_made_changed_and_served_at_an_address(desk: Desk, partner: HousecallPro) -> None:
    made = await desk.result("create_customer", first_name="Robin", email="robin@example.com", phone="4025550100")
    await desk.result("update_customer", id=made["id"], last_name="Vega")
    row = partner.table("customers").row(made["id"])
    assert (row["first_name"], row["last_name"], row["mobile_number"]) == ("Robin", "Vega", "4025550100")
    place = await desk.result("add_address", customer_id=made["id"], street="1 Main St", city="Lincoln")
    assert partner.table("addresses").row(place["id"])["customer_id"] == made["id"]
    job = await desk.result("create_job", customer_id=made["id"], address_id=place["id"], **TIMES, employees=[EMPLOYEE])
    stored = partner.table("jobs").row(job["id"])
    assert (stored["scheduled_start"], stored["employee_ids"]) == ("2026-06-01T14:00:00Z", [EMPLOYEE])


async def test_a_job_without_a_time_is_to_be_scheduled(desk: Desk, partner: HousecallPro) -> None:
    place = next(one for one in partner.table("addresses") if one["customer_id"] == CUSTOMER)["id"]
    made = await desk.result("create_job", customer_id=CUSTOMER, address_id=place)
    assert partner.table("jobs").row(made["id"])["work_status"] == "needs scheduling"


async def test_a_job_is_scheduled_dispatched_and_taken_off(approved: Desk, partner: HousecallPro) -> None:
    await approved.result("unschedule_job", id=JOB)
    await approved.result("schedule_job", id=JOB, **TIMES, arrival_window=30)
    await approved.result("dispatch_job", id=JOB, employees=[{"employee_id": EMPLOYEE}])
    row = partner.table("jobs").row(JOB)
    assert (row["scheduled_start"], row["arrival_window"]) == ("2026-06-01T14:00:00Z", 30)
    assert row["appointments"][0]["dispatched_employees_ids"] == [EMPLOYEE]


async def test_a_company_s_key_may_not_schedule_and_goes_on_working(desk: Desk) -> None:
    with pytest.raises(ActionRefused, match="Only the application of an approved partner") as caught:
        await desk.result("schedule_job", id=JOB, **TIMES)
    assert (caught.value.words, caught.value.status) == ("Forbidden", 403)
    stands = await desk.here.read(lambda c: integrations.get(c, desk.integration.id))
    assert stands.state is State.ACTIVE


async def test_tags_and_line_items_are_added(desk: Desk, partner: HousecallPro) -> None:
    tag = next(iter(partner.table("tags")))
    before = partner.table("jobs").row(JOB)["subtotal"]
    await desk.result("tag_job", id=JOB, tag_id=tag["id"])
    await desk.result("add_line_item", job_id=JOB, name="Gutter", unit_price=1500, quantity=2)
    row = partner.table("jobs").row(JOB)
    assert tag["name"] in row["tags"]
    assert row["subtotal"] - before == 3000


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("create_customer", {}, "At least one of these is needed: first_name, last_name, email"),
        ("create_customer", {"phone": "1"}, '{"mobile_number":["is invalid"]}'),
        ("create_job", {"customer_id": CUSTOMER, "address_id": "adr_x"}, '{"address_id":["is invalid"]}'),
        ("tag_job", {"id": JOB, "tag_id": "tag_x"}, "Tag not found"),
        ("add_note", {"job_id": "job_x", "text": "Ring twice"}, ""),
    ],
)
async def test_the_partner_says_what_is_wrong_in_each_of_its_shapes(
    desk: Desk, name: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ActionRefused) as caught:
        await desk.ask(name, given)
    assert caught.value.words.startswith(words)


async def test_a_wrong_value_is_named_by_its_path(desk: Desk) -> None:
    with pytest.raises(BadInput, match=r"`unit_price` must be integer"):
        await desk.result("add_line_item", job_id=JOB, name="Gutter", unit_price="15.00")


LOST: list[tuple[str, dict[str, Any], str]] = [
    ("create_customer", {"first_name": "Robin", "email": "robin@example.com"}, "POST /customers"),
    ("add_address", {"customer_id": CUSTOMER, "street": "9 Elm St"}, "POST /customers/{id}/addresses"),
    ("add_note", {"job_id": JOB, "text": "Ring twice"}, "POST /jobs/{id}/notes"),
    ("add_line_item", {"job_id": JOB, "name": "Gutter", "unit_price": 1500}, "POST /jobs/{id}/line_items"),
]


@pytest.mark.parametrize(("name", "given", "call"), LOST)
@pytest.mark.parametrize("failure", ["lost", "timeout"])
async def test_what_is_made_stands_once_though_the_answer_is_lost(
    desk: Desk, partner: HousecallPro, name: str, given: dict[str, Any], call: str, failure: str
) -> None:
    partner.fail_next(1, "lost" if failure == "lost" else "timeout", on=call)
    with pytest.raises(UnknownOutcome):
        await desk.ask(name, given, "k1")
    done = await desk.ask(name, given, "k1")
    assert (done.repeated, partner.calls[call]) == ((True, 1) if failure == "lost" else (False, 2))
    assert done.result["id"]


async def test_a_job_whose_answer_is_lost_stands_once(desk: Desk, partner: HousecallPro) -> None:
    place = next(one for one in partner.table("addresses") if one["customer_id"] == CUSTOMER)["id"]
    given, before = {"customer_id": CUSTOMER, "address_id": place, **TIMES}, len(partner.table("jobs"))
    partner.fail_next(1, "lost", on="POST /jobs")
    with pytest.raises(UnknownOutcome):
        await desk.ask("create_job", given, "k1")
    assert (await desk.ask("create_job", given, "k1")).repeated
    assert len(partner.table("jobs")) == before + 1
