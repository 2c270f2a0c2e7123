"""QuickBooks, from consent to stored records, against the simulated company's own truth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.quickbooks import QuickBooks
from runner.engine.actions.act import act
from runner.engine.integrations import disconnect
from runner.engine.syncs import sync
from runner.errors import AuthenticationError, NotFound, PartnerUnavailable, RecordSkipped
from runner.model.integration import Integration, Reason, State
from runner.model.run import RunState
from runner.store import events, integrations
from tests.partners import World, world

REALM = "9130355377388383"


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[World]:
    async with world(database_url, partners=("quickbooks",), size=23) as opened:
        yield opened


@pytest.fixture
def partner(here: World) -> QuickBooks:
    found: QuickBooks = here.partners["quickbooks"]
    return found


@pytest.fixture
async def company(here: World) -> Integration:
    return await here.connect("quickbooks")


async def run(here: World, company: Integration, *names: str, full: bool = False) -> list[Any]:
    return [await sync.run(here.house, company, name, full=full) for name in names]


def names(partner: QuickBooks) -> dict[str, str]:
    return {row["Id"]: row["DisplayName"] for row in partner.table("customers")}


async def test_the_company_is_known_by_the_realm_of_the_way_back(company: Integration) -> None:
    assert (company.state, company.account_id, company.account_name) == (State.ACTIVE, REALM, "Sample Roofing Books")


async def test_what_is_stored_is_what_the_company_has(here: World, partner: QuickBooks, company: Integration) -> None:
    runs = await run(here, company, "customers", "payments", "estimates")
    assert [one.state for one in runs] == [RunState.DONE] * 3
    assert [one.counts.quarantined for one in runs] == [0, 0, 0]
    contacts = await here.records(company, "contact")
    assert {key: record.fields["name"] for key, record in contacts.items()} == names(partner)
    assert {key for key, one in contacts.items() if one.inactive} == {
        row["Id"] for row in partner.table("customers") if not row["Active"]
    }
    payments = await here.records(company, "payment")
    assert {key: one.fields["amount"] for key, one in payments.items()} == {
        row["Id"]: round(row["TotalAmt"] * 100) for row in partner.table("payments")
    }
    assert (await here.records(company, "estimate")).keys() == {row["Id"] for row in partner.table("estimates")}
    assert partner.violations == 0


async def test_sub_customers_are_jobs_of_their_parents(here: World, partner: QuickBooks, company: Integration) -> None:
    await run(here, company, "customers")
    projects = await here.records(company, "project")
    assert projects.keys() == {row["Id"] for row in partner.table("customers") if row["Job"] or row["IsProject"]}
    job = projects["62"]
    assert job.fields["contact"] == "61"


async def test_a_later_run_asks_only_for_what_changed(here: World, partner: QuickBooks, company: Integration) -> None:
    await run(here, company, "customers")
    here.clock.advance(600)
    partner.change("customers", "58", DisplayName="O'Neil & Sons")
    (second,) = await run(here, company, "customers")
    assert (second.counts.seen, second.counts.changed) == (1, 1)
    assert (await here.records(company, "contact"))["58"].fields["name"] == "O'Neil & Sons"


async def test_a_later_run_asks_change_data_capture(here: World, partner: QuickBooks, company: Integration) -> None:
    await run(here, company, "customers", "payments")
    here.clock.advance(600)
    await run(here, company, "customers", "payments")
    assert (partner.calls["GET /v3/company/{realm}/query"], partner.calls["GET /v3/company/{realm}/cdc"]) == (2, 2)


@pytest.mark.parametrize(("table", "kind"), [("payments", "payment"), ("estimates", "estimate")])
async def test_what_is_deleted_is_told_by_change_data_capture(
    here: World, partner: QuickBooks, company: Integration, table: str, kind: str
) -> None:
    await run(here, company, table)
    here.clock.advance(600)
    gone = next(iter(partner.table(table)))["Id"]
    partner.remove(table, gone)
    (second,) = await run(here, company, table)
    assert not second.full
    assert gone not in await here.records(company, kind)
    assert (await here.records(company, kind)).keys() == {row["Id"] for row in partner.table(table)}


async def test_a_company_that_was_away_too_long_is_read_anew(
    here: World, partner: QuickBooks, company: Integration
) -> None:
    await run(here, company, "payments")
    partner.remove("payments", "182")
    here.clock.advance(31 * 86_400)
    (second,) = await run(here, company, "payments")
    assert second.full
    assert partner.calls["GET /v3/company/{realm}/cdc"] == 0
    assert (await here.records(company, "payment")).keys() == {row["Id"] for row in partner.table("payments")}


async def test_a_quiet_company_is_asked_no_further_back_than_the_partner_reaches(
    here: World, partner: QuickBooks, company: Integration
) -> None:
    for _ in range(35):
        here.clock.advance(86_400)
        (one,) = await run(here, company, "customers")
        assert one.state is RunState.DONE
    assert partner.calls["GET /v3/company/{realm}/cdc"] == 30


async def test_more_changes_than_one_answer_holds_are_read_from_the_lists(database_url: str) -> None:
    async with world(database_url, partners=("quickbooks",), quickbooks={"size": 1001}) as here:
        company, partner = await here.connect("quickbooks"), here.partners["quickbooks"]
        await run(here, company, "payments")
        here.clock.advance(3600)
        gone = [row["Id"] for row in partner.table("payments")][1000]
        for row in list(partner.table("payments")):
            partner.change("payments", row["Id"], PaymentRefNum="1001")
        partner.remove("payments", gone)
        (second,) = await run(here, company, "payments")
        assert (second.full, second.state) == (True, RunState.DONE)
        stored = await here.records(company, "payment")
        assert {key: one.fields["reference"] for key, one in stored.items()} == {
            row["Id"]: "1001" for row in partner.table("payments")
        }


async def test_over_a_thousand_calls_keep_within_the_limits(
    here: World, partner: QuickBooks, company: Integration
) -> None:
    connector = here.house.connectors.get("quickbooks")
    here.clock.advance(60)
    for number in range(1200):
        given = {"id": str(58 + number % 10)}
        await here.house.caller.call(connector, connector.endpoints["customer"], company, input=given)
    assert partner.calls["GET /v3/company/{realm}/customer/{id}"] == 1200
    assert partner.violations == 0


async def test_pages_of_a_thousand_are_walked_to_the_end(database_url: str) -> None:
    async with world(database_url, partners=("quickbooks",), quickbooks={"size": 2001}) as here:
        company = await here.connect("quickbooks")
        (one,) = await run(here, company, "payments")
        assert (one.counts.pages, one.counts.created) == (3, 2001)
        assert here.partners["quickbooks"].violations == 0


@pytest.mark.parametrize("form", ["cloudevents", "notifications"])
async def test_a_webhook_of_either_form_fetches_what_changed(database_url: str, form: str) -> None:
    options = {"webhook_form": form, "neighbour": "1234567890"}
    async with world(database_url, partners=("quickbooks",), quickbooks=options) as here:
        company = await here.connect("quickbooks")
        await here.work()
        partner: QuickBooks = here.partners["quickbooks"]
        partner.change("customers", "58", DisplayName="Told by webhook")
        assert [one.accepted for one in await partner.deliver()] == [True]
        here.clock.advance(10)
        await here.work()
        assert (await here.records(company, "contact"))["58"].fields["name"] == "Told by webhook"
        assert partner.calls["GET /v3/company/{realm}/customer/{id}"] == 1


async def test_repeated_and_reordered_webhooks_end_in_the_companys_truth(
    here: World, partner: QuickBooks, company: Integration
) -> None:
    await run(here, company, "payments", "customers")
    for name in ("First", "Second", "Third"):
        here.clock.advance(1)
        partner.change("customers", "60", DisplayName=name)
    partner.remove("payments", "182")
    partner.add("payments", Line=[])
    partner.outbox.disturb(copies=3, reverse=True)
    assert all(one.accepted for one in await partner.deliver())
    here.clock.advance(10)
    await here.work()
    assert (await here.records(company, "contact"))["60"].fields["name"] == "Third"
    assert (await here.records(company, "payment")).keys() == {row["Id"] for row in partner.table("payments")}


async def test_a_merged_customer_comes_as_inactive(here: World, partner: QuickBooks, company: Integration) -> None:
    await run(here, company, "customers")
    here.clock.advance(600)
    partner.merge("58", "59")
    await partner.deliver()
    await here.work()
    assert (await here.records(company, "contact"))["59"].inactive


async def test_a_webhook_with_another_token_is_refused(database_url: str) -> None:
    async with world(database_url, partners=("quickbooks",), quickbooks={"verifier_token": "another-token"}) as here:
        await here.connect("quickbooks")
        partner = here.partners["quickbooks"]
        partner.change("customers", "58", Notes="x")
        assert [one.status for one in await partner.deliver()] == [401]


async def test_an_expired_token_is_renewed_on_the_way(here: World, partner: QuickBooks, company: Integration) -> None:
    here.clock.advance(7200)
    (one,) = await run(here, company, "customers")
    assert one.state is RunState.DONE
    assert partner.calls["POST /oauth2/v1/tokens/bearer"] == 2


async def test_over_the_limit_the_runner_waits_and_goes_on(
    here: World, partner: QuickBooks, company: Integration
) -> None:
    partner.fail_next(1, 429, on="/query")
    (one,) = await run(here, company, "customers")
    assert (one.state, one.counts.created) == (RunState.DONE, 23 + len(await here.records(company, "project")))


async def test_a_company_that_disconnected_inside_quickbooks_is_in_error(
    here: World, partner: QuickBooks, company: Integration
) -> None:
    partner.disconnect()
    with pytest.raises(AuthenticationError, match="connect again"):
        await run(here, company, "customers")
    assert (await here.read(lambda c: integrations.get(c, company.id))).state is State.ERROR


async def test_a_connection_whose_admin_left_is_told_with_its_remedy(
    here: World, partner: QuickBooks, company: Integration
) -> None:
    partner.trouble("120")
    with pytest.raises(AuthenticationError):
        await run(here, company, "customers")
    found = await here.read(lambda c: integrations.get(c, company.id))
    assert found.state is State.ERROR
    assert found.reason is not None
    assert "administrator" in found.reason.message


async def test_disconnecting_revokes_at_intuit(here: World, partner: QuickBooks, company: Integration) -> None:
    await disconnect.disconnect(here.house, company, Reason("disconnected", "the company asked for it"))
    await here.work()
    assert partner.calls["POST /v2/oauth2/tokens/revoke"] == 1


async def test_a_customer_is_made_as_it_is_spelled(here: World, partner: QuickBooks, company: Integration) -> None:
    made = await act(here.house, company, "create_customer", {"name": "O'Neil \\ Sons", "email": "ada@example.com"})
    assert partner.table("customers").row(made["id"])["DisplayName"] == "O'Neil \\ Sons"


async def test_a_change_that_somebody_was_faster_than_is_made_of_the_newer_version(
    here: World, partner: QuickBooks, company: Integration
) -> None:
    async def faster(request: httpx.Request) -> None:
        if request.method == "POST":
            here.wire.before = None
            partner.change("customers", "58", Notes="by the bookkeeper")

    here.wire.before = faster
    await act(here.house, company, "update_customer", {"id": "58", "name": "Changed", "email": "ada@example.com"})
    row = partner.table("customers").row("58")
    assert (row["DisplayName"], row["Notes"], row["PrimaryEmailAddr"]) == (
        "Changed",
        "by the bookkeeper",
        {"Address": "ada@example.com"},
    )
    assert partner.calls["GET /v3/company/{realm}/customer/{id}"] == 2


async def test_a_change_that_always_comes_too_late_is_left_for_later(
    here: World, partner: QuickBooks, company: Integration
) -> None:
    async def faster(request: httpx.Request) -> None:
        if request.method == "POST":
            partner.change("customers", "58", Notes=f"at {here.clock.now()}")

    here.wire.before = faster
    with pytest.raises(PartnerUnavailable, match="working on this at the same time"):
        await act(here.house, company, "update_customer", {"id": "58", "name": "Changed"})
    assert partner.table("customers").row("58")["DisplayName"] != "Changed"


async def test_a_customer_is_made_inactive_and_active_again(
    here: World, partner: QuickBooks, company: Integration
) -> None:
    await act(here.house, company, "archive_customer", {"id": "58"})
    assert partner.table("customers").row("58")["Active"] is False
    await act(here.house, company, "restore_customer", {"id": "58"})
    assert partner.table("customers").row("58")["Active"] is True


async def test_a_customer_that_is_not_there_is_not_changed(here: World, company: Integration) -> None:
    with pytest.raises(RecordSkipped):
        await act(here.house, company, "archive_customer", {"id": "9999"})


# Through Agave


@pytest.fixture
async def linked(here: World) -> Integration:
    return await here.connect("quickbooks", way="agave", account_token="agave-account-token")


async def test_agave_reaches_the_same_company(linked: Integration) -> None:
    assert (linked.state, linked.account_id, linked.account_name) == (State.ACTIVE, REALM, "Sample Roofing Books")


async def test_through_agave_the_same_records_come(here: World, partner: QuickBooks, linked: Integration) -> None:
    await here.work()
    contacts = await here.records(linked, "contact")
    assert {key: record.fields["name"] for key, record in contacts.items()} == names(partner)
    payments = await here.records(linked, "payment")
    assert payments.keys() == {row["Id"] for row in partner.table("payments")}
    assert not [label for label in partner.calls if "/v3/company/" in label]


@pytest.mark.parametrize("form", [True, False])
async def test_both_shapes_of_source_data_are_read(database_url: str, form: bool) -> None:
    async with world(database_url, partners=("quickbooks",), quickbooks={"bare_source_data": form}) as here:
        linked = await here.connect("quickbooks", way="agave", account_token="agave-account-token")
        (one,) = await run(here, linked, "agave_customers")
        assert (one.counts.quarantined, one.counts.seen) == (0, 12)


async def test_an_unlinked_account_is_in_error(here: World, partner: QuickBooks, linked: Integration) -> None:
    partner.disconnect()
    with pytest.raises(AuthenticationError):
        await run(here, linked, "agave_customers")


async def test_a_sync_of_the_other_way_in_is_refused(here: World, linked: Integration) -> None:
    with pytest.raises(NotFound, match=r"connected by intuit, and this one did not .*agave_customers"):
        await run(here, linked, "customers")


async def test_an_event_that_asks_for_a_sync_of_the_other_way_wakes_nothing(
    here: World, partner: QuickBooks, linked: Integration
) -> None:
    await here.work()
    partner.merge("58", "59")
    await partner.deliver()
    ran = await here.work()
    assert not [key for key, _ in ran if key.startswith("sync") and "customers" in key and "agave" not in key]
    assert "is for another way in" in str(
        await here.read(lambda c: [one.note for one in events.find(c, events.EventFilter())])
    )
