"""QuickBooks' actions, asked for as the host asks, against books that check keys, versions and names."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from runner.authoring.simulate.quickbooks import QuickBooks
from runner.authoring.simulate.table import Row
from runner.errors import ActionRefused, BadInput, UnknownOutcome
from tests.connectors.acting import Desk
from tests.partners import World, world

CALL = "POST /v3/company/{realm}/customer"
NAME = "O'Neil \\ Sons"


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("quickbooks",), size=6) as opened:
        yield opened


@pytest.fixture
async def desk(here: World) -> Desk:
    return Desk(here, await here.connect("quickbooks"))


@pytest.fixture
def partner(here: World) -> QuickBooks:
    found: QuickBooks = here.partners["quickbooks"]
    return found


def named(partner: QuickBooks, name: str = NAME) -> list[Row]:
    return [row for row in partner.table("customers") if row["DisplayName"] == name]


async def test_a_customer_is_made_once_and_changed_by_its_name(desk: Desk, partner: QuickBooks) -> None:
    made = await desk.result("upsert_customer", name=NAME, email="ada@example.com")
    changed = await desk.result("upsert_customer", name=NAME, phone="4025550100", address={"City": "Lincoln"})
    assert made == changed
    (row,) = named(partner)
    assert row["PrimaryEmailAddr"] == {"Address": "ada@example.com"}
    assert (row["PrimaryPhone"], row["BillAddr"]["City"]) == ({"FreeFormNumber": "4025550100"}, "Lincoln")


async def test_an_inactive_customer_is_changed_and_not_made_anew(desk: Desk, partner: QuickBooks) -> None:
    made = await desk.result("create_customer", name=NAME)
    await desk.result("archive_customer", id=made["id"])
    assert (await desk.result("upsert_customer", name=NAME, email="ada@example.com")) == made


@pytest.mark.parametrize("faster", ["made", "changed"])
async def test_somebody_else_is_faster(desk: Desk, partner: QuickBooks, faster: str) -> None:
    """Between our look and our write: what is there now is read again, and changed."""
    if faster == "changed":
        await desk.result("create_customer", name=NAME)

    async def strike(request: httpx.Request) -> None:
        if request.method == "POST":
            desk.here.wire.before = None
            if faster == "made":
                partner.books.write("Customer", {"DisplayName": NAME, "Notes": "by the bookkeeper"})
            else:
                partner.change("customers", named(partner)[0]["Id"], Notes="by the bookkeeper")

    desk.here.wire.before = strike
    await desk.result("upsert_customer", name=NAME, email="ada@example.com")
    (row,) = named(partner)
    assert (row["Notes"], row["PrimaryEmailAddr"]) == ("by the bookkeeper", {"Address": "ada@example.com"})


async def test_what_is_not_given_stays(desk: Desk, partner: QuickBooks) -> None:
    made = await desk.result("create_customer", name=NAME, email="ada@example.com", phone="4025550100")
    await desk.result("update_customer", id=made["id"], name=NAME)
    (row,) = named(partner)
    assert (row["PrimaryEmailAddr"], row["PrimaryPhone"]) == (
        {"Address": "ada@example.com"},
        {"FreeFormNumber": "4025550100"},
    )


@pytest.mark.parametrize("name", ["create_customer", "upsert_customer"])
@pytest.mark.parametrize("failure", ["lost", "timeout"])
async def test_a_customer_whose_answer_is_lost_is_there_once(
    desk: Desk, partner: QuickBooks, name: str, failure: str
) -> None:
    """By the key that QuickBooks takes, or since the name is looked for again before each try: at once."""
    partner.fail_next(1, "lost" if failure == "lost" else "timeout", on=CALL)
    done = await desk.ask(name, {"name": NAME}, "k1")
    assert [row["Id"] for row in named(partner)] == [done.result["id"]]


async def test_a_customer_whose_answers_are_all_lost_is_there_once(desk: Desk, partner: QuickBooks) -> None:
    partner.fail_next(5, "lost", on=CALL)
    with pytest.raises(UnknownOutcome, match="ask again with the key k1"):
        await desk.ask("create_customer", {"name": NAME}, "k1")
    done = await desk.ask("create_customer", {"name": NAME}, "k1")
    assert [row["Id"] for row in named(partner)] == [done.result["id"]]


async def test_the_partner_says_what_is_wrong(desk: Desk, partner: QuickBooks) -> None:
    await desk.result("create_customer", name=NAME)
    with pytest.raises(ActionRefused) as caught:
        await desk.result("create_customer", name=NAME)
    assert "The name supplied already exists." in caught.value.words
    assert len(named(partner)) == 1


async def test_a_member_of_the_address_that_there_is_not_is_named(desk: Desk) -> None:
    with pytest.raises(BadInput, match=r"`address\.city` is not an input; did you mean `City`\?"):
        await desk.result("create_customer", name=NAME, address={"city": "Lincoln"})
