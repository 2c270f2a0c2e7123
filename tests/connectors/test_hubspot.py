"""HubSpot, from consent to stored records, against the simulated account's own truth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from runner.authoring.simulate.hubspot import HubSpot
from runner.authoring.simulate.hubspot_ties import End
from runner.engine.actions.act import act
from runner.engine.actions.once import once
from runner.engine.integrations import disconnect
from runner.engine.syncs import sync
from runner.errors import AuthenticationError, RecordSkipped, UnexpectedResponse, UnknownOutcome
from runner.model.integration import Integration, Reason, State
from runner.model.run import RunState
from runner.store import integrations
from tests.partners import World, world
from tests.shelf import altered

FIRST = "5550001"
NOTE = {"text": "Gate 4 & dog", "at": "2026-05-04T15:20:11Z"}


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("hubspot",), size=23) as opened:
        yield opened


@pytest.fixture
def partner(here: World) -> HubSpot:
    found: HubSpot = here.partners["hubspot"]
    return found


@pytest.fixture
async def account(here: World) -> Integration:
    return await here.connect("hubspot")


async def run(here: World, account: Integration, *names: str, full: bool = False) -> list[Any]:
    return [await sync.run(here.house, account, name, full=full) for name in names]


def alive(partner: HubSpot, what: str) -> set[str]:
    return {row["id"] for row in partner.table(what) if not row["archived"]}


async def told(here: World, partner: HubSpot) -> None:
    """Deliver what waits, and let the runner work on it."""
    assert all(one.accepted for one in await partner.deliver())
    here.clock.advance(10)
    await here.work()


async def test_the_account_is_known_by_the_token_answer(account: Integration) -> None:
    assert (account.state, account.account_id) == (State.ACTIVE, "1234567")


async def test_what_is_stored_is_what_the_account_has(here: World, partner: HubSpot, account: Integration) -> None:
    runs = await run(here, account, "owners", "companies", "contacts", "deals")
    assert [one.state for one in runs] == [RunState.DONE] * 4
    assert [one.counts.quarantined for one in runs] == [0] * 4
    for kind, what in (("deal", "deals"), ("contact", "contacts"), ("company", "companies"), ("user", "owners")):
        assert (await here.records(account, kind)).keys() == alive(partner, what), kind
    assert partner.violations == 0


async def test_amounts_stages_and_ties_of_deals(here: World, partner: HubSpot, account: Integration) -> None:
    await run(here, account, "deals")
    deals = await here.records(account, "deal")
    for key, record in deals.items():
        row = partner.table("deals").row(key)
        amount = row["amount"]
        assert record.fields["amount"] == (amount and round(float(amount) * 100)), key
        assert record.fields["stage"] == row["dealstage"]
        tied = [end.id for end, _ in partner.ties.of(End("deal", key), "contact")]
        assert (record.fields["contacts"] or []) == tied, key
        owners = [end.id for end, _ in partner.ties.of(End("deal", key), "company")]
        assert record.fields["company"] == (owners[0] if owners else None), key


async def test_archived_deals_go_with_the_next_pass(here: World, partner: HubSpot, account: Integration) -> None:
    await run(here, account, "deals")
    partner.remove("deals", FIRST)
    await run(here, account, "deals", full=True)
    assert (await here.records(account, "deal")).keys() == alive(partner, "deals")


async def test_many_pages_stay_within_the_limits(database_url: str) -> None:
    async with world(database_url, partners=("hubspot",), hubspot={"size": 1500}) as here:
        account, partner = await here.connect("hubspot"), here.partners["hubspot"]
        (one,) = await run(here, account, "contacts")
        assert one.counts.pages == 14
        assert (await here.records(account, "contact")).keys() == alive(partner, "contacts")
        assert partner.violations == 0


async def test_calls_go_on_as_the_window_rolls(here: World, partner: HubSpot, account: Integration) -> None:
    """330 calls are three times the limit of ten seconds: little more than thirty seconds, and not twice that."""

    async def travel(_: object) -> None:
        here.clock.advance(0.08)

    here.wire.after, began = travel, here.clock.now()
    connector = here.house.connectors.get("hubspot")
    for number in range(330):
        name = ("owners", "stages", "deals")[number % 3]
        await here.house.caller.call(connector, connector.endpoints[name], account)
    assert (here.clock.now() - began).total_seconds() < 36
    assert partner.violations == 0


@pytest.mark.parametrize(
    ("what", "kind", "name", "read"),
    [
        ("deals", "deal", "dealname", "name"),
        ("contacts", "contact", "lastname", "last_name"),
        ("companies", "company", "name", "name"),
    ],
)
async def test_a_later_run_searches_by_the_kinds_own_property(
    here: World, partner: HubSpot, account: Integration, what: str, kind: str, name: str, read: str
) -> None:
    await run(here, account, what)
    here.clock.advance(3600)
    key = min(alive(partner, what))
    partner.change(what, key, **{name: "Changed"})
    here.clock.advance(60)
    (second,) = await run(here, account, what)
    assert (second.full, second.counts.changed) == (False, 1)
    assert second.counts.seen < len(alive(partner, what))
    assert (await here.records(account, kind))[key].fields[read] == "Changed"
    assert partner.violations == 0


async def test_ties_are_asked_for_a_hundred_at_a_time(database_url: str) -> None:
    async with world(database_url, partners=("hubspot",), hubspot={"size": 250}) as here:
        account, partner = await here.connect("hubspot"), here.partners["hubspot"]
        await run(here, account, "deals")
        deals = await here.records(account, "deal")
        for key, record in deals.items():
            assert (record.fields["contacts"] or []) == [e.id for e, _ in partner.ties.of(End("deal", key), "contact")]
        asked = partner.calls["POST /crm/v4/associations/{from}/{to}/batch/read"]
        assert asked == 2 * partner.calls["GET /crm/v3/objects/{type}"]


async def test_more_than_a_search_gives_is_searched_in_windows(database_url: str) -> None:
    """A cap of 600 in place of 10,000, on both sides."""
    lowered = altered("hubspot", ("most: 10000", "most: 600"))
    options = {"size": 1500, "deepest": 600}
    async with world(database_url, partners=("hubspot",), hubspot=options, connectors=lowered) as here:
        account, partner = await here.connect("hubspot"), here.partners["hubspot"]
        await run(here, account, "contacts")
        here.clock.advance(3600)
        for key in alive(partner, "contacts"):
            partner.change("contacts", key, city="Lincoln")
        here.clock.advance(60)
        (second,) = await run(here, account, "contacts")
        assert (second.full, second.counts.seen) == (False, len(alive(partner, "contacts")))
        stored = await here.records(account, "contact")
        assert {one.fields["address"]["city"] for one in stored.values()} == {"Lincoln"}
        assert partner.violations == 0


async def test_stages_have_the_names_that_the_account_gave_them(
    here: World, partner: HubSpot, account: Integration
) -> None:
    await run(here, account, "deals")
    deals = await here.records(account, "deal")
    named = {row["id"]: deals[row["id"]].fields["stage_name"] for row in partner.table("deals") if not row["archived"]}
    assert all(named.values())
    assert {"Closed Won"} >= {text for key, text in named.items() if deals[key].fields["stage"] == "closedwon"}


async def test_a_webhook_brings_the_object_with_its_ties(here: World, partner: HubSpot, account: Integration) -> None:
    await here.work()
    partner.change("deals", FIRST, dealname="Told by webhook", amount="12.34")
    await told(here, partner)
    deal = (await here.records(account, "deal"))[FIRST]
    assert (deal.fields["name"], deal.fields["amount"]) == ("Told by webhook", 1234)
    assert deal.fields["contacts"] == ["51"]
    assert partner.calls["POST /crm/v3/objects/{type}/batch/read"] == 1


async def test_deletions_and_merges_are_followed(here: World, partner: HubSpot, account: Integration) -> None:
    await here.work()
    partner.remove("deals", FIRST)
    partner.forget("60")
    partner.remove("companies", "9900000003")
    await told(here, partner)
    for kind, what in (("deal", "deals"), ("contact", "contacts"), ("company", "companies")):
        assert (await here.records(account, kind)).keys() == alive(partner, what), kind
    new = partner.merge("contact", "52", "53")
    await told(here, partner)
    contacts = await here.records(account, "contact")
    assert new in contacts


async def test_many_changed_companies_are_read_in_one_call(here: World, partner: HubSpot, account: Integration) -> None:
    await here.work()
    for key in sorted(alive(partner, "companies")):
        partner.change("companies", key, name=f"Renamed {key}")
    partner.outbox.disturb(copies=2, reverse=True)
    await told(here, partner)
    companies = await here.records(account, "company")
    assert {one.fields["name"] for one in companies.values()} == {f"Renamed {key}" for key in companies}
    assert partner.calls["POST /crm/v3/objects/{type}/batch/read"] == 1


async def test_either_reading_of_the_signed_address_is_taken(database_url: str) -> None:
    async with world(database_url, partners=("hubspot",), hubspot={"decodes_url": False}) as here:
        await here.connect("hubspot")
        partner = here.partners["hubspot"]
        partner.change("deals", FIRST, dealname="x")
        assert [one.accepted for one in await partner.deliver()] == [True]


async def test_an_uninstalled_app_puts_the_integration_into_error(
    here: World, partner: HubSpot, account: Integration
) -> None:
    partner.disconnect()
    with pytest.raises(AuthenticationError, match="connect again"):
        await run(here, account, "deals")
    assert (await here.read(lambda c: integrations.get(c, account.id))).state is State.ERROR


async def test_disconnecting_revokes_at_the_partner(here: World, partner: HubSpot, account: Integration) -> None:
    await disconnect.disconnect(here.house, account, Reason("disconnected", "the company asked for it"))
    await here.work()
    assert partner.calls["POST /oauth/v3/token/revoke"] == 1


async def test_the_limits_own_words_are_waited_out(here: World, partner: HubSpot, account: Integration) -> None:
    partner.fail_next(1, 429)
    (one,) = await run(here, account, "owners")
    assert one.state is RunState.DONE


async def test_a_deal_is_changed_and_a_contact_put_on_it(here: World, partner: HubSpot, account: Integration) -> None:
    await act(here.house, account, "update_deal", {"id": FIRST, "stage": "closedwon", "amount": 99})
    row = partner.table("deals").row(FIRST)
    assert (row["dealstage"], row["amount"], row["hs_is_closed_won"]) == ("closedwon", "99", "true")
    made = await act(here.house, account, "save_contact", {"email": "new@example.com", "first_name": "Ida"})
    assert partner.table("contacts").row(made["id"])["firstname"] == "Ida"
    await act(here.house, account, "link_contact", {"deal": FIRST, "contact": made["id"]})
    assert made["id"] in [end.id for end, _ in partner.ties.of(End("deal", FIRST), "contact")]


async def test_ties_of_a_deal_are_made_and_ended(here: World, partner: HubSpot, account: Integration) -> None:
    contact, company = "54", "9900000003"
    for _ in range(2):
        await act(here.house, account, "link_contact", {"deal": FIRST, "contact": contact})
        await act(here.house, account, "link_company", {"deal": FIRST, "company": company})
    tied = [end.id for kind in ("contact", "company") for end, _ in partner.ties.of(End("deal", FIRST), kind)]
    assert {contact, company} <= {*tied}
    for _ in range(2):
        await act(here.house, account, "unlink_contact", {"deal": FIRST, "contact": contact})
        await act(here.house, account, "unlink_company", {"deal": FIRST, "company": company})
    left = [end.id for kind in ("contact", "company") for end, _ in partner.ties.of(End("deal", FIRST), kind)]
    assert {contact, company}.isdisjoint(left)


async def test_a_stage_that_there_is_not_is_told_in_their_words(
    here: World, partner: HubSpot, account: Integration
) -> None:
    before = partner.table("deals").row(FIRST)["dealstage"]
    with pytest.raises(UnexpectedResponse, match="sold was not one of the allowed options"):
        await act(here.house, account, "update_deal", {"id": FIRST, "stage": "sold"})
    assert partner.table("deals").row(FIRST)["dealstage"] == before


async def test_a_note_is_written_changed_and_deleted(here: World, partner: HubSpot, account: Integration) -> None:
    made = await act(here.house, account, "add_note", {**NOTE, "deal": FIRST, "contact": "54"})
    row = partner.table("notes").row(made["id"])
    assert (row["hs_note_body"], row["hs_timestamp"]) == ("Gate 4 & dog", "2026-05-04T15:20:11Z")
    tied = [end.id for kind in ("deal", "contact") for end, _ in partner.ties.of(End("note", made["id"]), kind)]
    assert tied == [FIRST, "54"]
    await act(here.house, account, "update_note", {"id": made["id"], "text": "Gate 5"})
    assert row["hs_note_body"] == "Gate 5"
    for _ in range(2):
        await act(here.house, account, "delete_note", {"id": made["id"]})
    assert row["archived"]
    assert partner.violations == 0


async def test_a_note_on_nothing_that_is_there_is_not_written(
    here: World, partner: HubSpot, account: Integration
) -> None:
    with pytest.raises(RecordSkipped, match="Object not found"):
        await act(here.house, account, "add_note", {**NOTE, "deal": "1"})
    assert len(partner.table("notes")) == 0


async def test_a_note_that_is_too_long_is_told_in_their_words(here: World, account: Integration) -> None:
    with pytest.raises(UnexpectedResponse, match="hs_note_body is longer than 65536"):
        await act(here.house, account, "add_note", {**NOTE, "deal": FIRST, "text": "x" * 65_537})


async def test_a_note_whose_answer_was_lost_is_sent_once_and_that_is_said(
    here: World, partner: HubSpot, account: Integration
) -> None:
    partner.fail_next(1, "lost", on="POST /crm/v3/objects/{type}")
    for _ in range(2):
        with pytest.raises(UnknownOutcome, match="look at HubSpot"):
            await once(here.house, account, "add_note", {**NOTE, "deal": FIRST}, "k-1")
    assert len(partner.table("notes")) == 1


async def test_a_change_whose_answer_was_lost_is_sent_again(
    here: World, partner: HubSpot, account: Integration
) -> None:
    partner.fail_next(1, "lost", on="PATCH /crm/v3/objects/{type}/{id}")
    await act(here.house, account, "update_deal", {"id": FIRST, "name": "Gutter repair"})
    assert partner.calls["PATCH /crm/v3/objects/{type}/{id}"] == 2
    assert partner.table("deals").row(FIRST)["dealname"] == "Gutter repair"


async def test_a_contact_that_the_partner_refuses_is_told(here: World, account: Integration) -> None:
    with pytest.raises(UnexpectedResponse, match="not valid"):
        await act(here.house, account, "save_contact", {"email": "nobody"})


async def test_a_partner_that_stumbles_ends_in_the_same_records(
    here: World, partner: HubSpot, account: Integration
) -> None:
    for status in (500, 502, 429, 423):
        partner.fail_next(1, status, on="GET /crm/v3/objects")
    await run(here, account, "companies", "contacts", "deals")
    for kind, what in (("deal", "deals"), ("contact", "contacts"), ("company", "companies")):
        assert (await here.records(account, kind)).keys() == alive(partner, what), kind
