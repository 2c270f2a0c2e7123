from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.outbox import WebhookTarget
from runner.authoring.simulate.quickbooks import QuickBooks, quickbooks
from runner.authoring.simulate.quickbooks_events import seal

REALM = "9130355377388383"
COMPANY = f"/v3/company/{REALM}"
REDIRECT = "https://host.example/oauth/callback"
APP = ("quickbooks-app", "quickbooks-secret")
ASKED = {
    "client_id": "quickbooks-app",
    "response_type": "code",
    "scope": "com.intuit.quickbooks.accounting",
    "redirect_uri": REDIRECT,
    "state": "s t",
}
JSON = {"Accept": "application/json"}


def surface(partner: QuickBooks) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=partner.app), base_url="https://intuit.example")


def inside(partner: QuickBooks) -> httpx.AsyncClient:
    client = surface(partner)
    client.headers.update({**JSON, "Authorization": f"Bearer {partner.grants.issue()['access_token']}"})
    return client


async def token(partner: QuickBooks, **form: str) -> httpx.Response:
    return await surface(partner).post("/oauth2/v1/tokens/bearer", data=form, auth=APP)


async def renew(partner: QuickBooks, refresh: str) -> httpx.Response:
    return await token(partner, grant_type="refresh_token", refresh_token=refresh)


async def redeem(partner: QuickBooks, code: str) -> httpx.Response:
    return await token(partner, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)


async def ask(partner: QuickBooks, statement: str) -> dict[str, Any]:
    params = {"query": statement, "minorversion": "75"}
    answer = await inside(partner).get(f"{COMPANY}/query", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["QueryResponse"]


async def write(partner: QuickBooks, entity: str, body: dict[str, Any], **params: str) -> httpx.Response:
    return await inside(partner).post(f"{COMPANY}/{entity}", json=body, params=params)


async def customer(partner: QuickBooks, key: str = "58") -> dict[str, Any]:
    return (await inside(partner).get(f"{COMPANY}/customer/{key}")).json()["Customer"]


def code_of(answer: httpx.Response) -> str:
    return answer.json()["Fault"]["Error"][0]["code"]


# Consent and tokens


async def test_the_way_back_holds_the_realm(clock):
    answer = await surface(quickbooks(now=clock)).post("/connect/oauth2", data={**ASKED, "decision": "approve"})
    params = httpx.URL(answer.headers["location"]).params
    assert (params["realmId"], params["state"]) == (REALM, "s t")
    assert params["code"]


async def test_refused_consent_leads_back_with_access_denied(clock):
    answer = await surface(quickbooks(now=clock)).post("/connect/oauth2", data={**ASKED, "decision": "deny"})
    assert dict(httpx.URL(answer.headers["location"]).params) == {"error": "access_denied", "state": "s t"}


@pytest.mark.parametrize("wrong", [{"scope": "everything"}, {"state": ""}, {"client_id": "other"}])
async def test_a_bad_question_is_answered_by_a_page(clock, wrong):
    answer = await surface(quickbooks(now=clock)).post(
        "/connect/oauth2", data={**ASKED, **wrong, "decision": "approve"}
    )
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_the_token_answer_is_that_of_the_documents(clock):
    partner = quickbooks(now=clock)
    answer = (await redeem(partner, partner.grants.consents.code(REDIRECT))).json()
    assert answer.keys() == {"token_type", "access_token", "expires_in", "refresh_token", "x_refresh_token_expires_in"}
    assert (answer["expires_in"], answer["x_refresh_token_expires_in"]) == (3600, 8_726_400)


async def test_the_end_of_the_chain_is_told_on_request(clock):
    partner = quickbooks(now=clock)
    refresh = partner.grants.issue()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    headers = {"x-include-refresh-token-hard-expires-in": "true"}
    clock.pass_by(100)
    answer = await surface(partner).post("/oauth2/v1/tokens/bearer", data=form, auth=APP, headers=headers)
    assert answer.json()["x_refresh_token_hard_expires_in"] == 5 * 365 * 86_400 - 100


async def test_a_chain_ends_after_its_years_though_it_was_renewed(clock):
    partner = quickbooks(now=clock, chain_lifetime=10.0)
    refresh = partner.grants.issue()["refresh_token"]
    refresh = (await renew(partner, refresh)).json()["refresh_token"]
    clock.pass_by(10)
    answer = await renew(partner, refresh)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("base", "consent"),
    [
        ("https://developer.intuit.com", "https://appcenter.intuit.com/connect/oauth2"),
        ("http://127.0.0.1:9104", "http://127.0.0.1:9104/connect/oauth2"),
    ],
)
async def test_the_discovery_document_names_the_hosts(clock, base, consent):
    answer = await surface(quickbooks(now=clock)).get(f"{base}/.well-known/openid-sandbox-configuration")
    assert answer.json()["issuer"] == "https://oauth.platform.intuit.com/op/v1"
    assert answer.json()["authorization_endpoint"] == consent


async def test_the_client_must_come_by_basic(clock):
    partner = quickbooks(now=clock)
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": APP[0], "client_secret": APP[1]}
    answer = await surface(partner).post("/oauth2/v1/tokens/bearer", data=form)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


async def test_an_older_refresh_token_lasts_until_the_newer_one_is_used(clock):
    partner = quickbooks(now=clock)
    first = partner.grants.issue()["refresh_token"]
    second = (await renew(partner, first)).json()["refresh_token"]
    assert second != first
    assert (await renew(partner, first)).status_code == 200
    assert (await renew(partner, second)).status_code == 200
    assert (await renew(partner, first)).json() == {
        "error": "invalid_grant",
        "error_description": "Token has been expired or revoked.",
    }


async def test_an_older_refresh_token_lasts_a_day(clock):
    partner = quickbooks(now=clock)
    first = partner.grants.issue()["refresh_token"]
    await renew(partner, first)
    clock.pass_by(86_400)
    assert (await renew(partner, first)).status_code == 400


async def test_an_unused_refresh_token_dies_after_a_hundred_and_one_days(clock):
    partner = quickbooks(now=clock)
    refresh = partner.grants.issue()["refresh_token"]
    clock.pass_by(8_726_399)
    refresh = (await renew(partner, refresh)).json()["refresh_token"]
    clock.pass_by(8_726_400)
    assert (await renew(partner, refresh)).status_code == 400


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_revocation_ends_the_connection_by_either_token(clock, which):
    partner = quickbooks(now=clock)
    tokens = partner.grants.issue()
    answer = await surface(partner).post("/v2/oauth2/tokens/revoke", json={"token": tokens[which]}, auth=APP)
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await renew(partner, tokens["refresh_token"])).status_code == 400


async def test_a_disconnect_inside_quickbooks_is_seen_by_calls_only(clock, receiver):
    partner = quickbooks(now=clock, webhooks=WebhookTarget("https://host.example/hook", receiver.client))
    client, refresh = inside(partner), partner.grants.issue()["refresh_token"]
    partner.disconnect()
    assert await partner.deliver() == []
    assert (await client.get(f"{COMPANY}/customer/58")).status_code == 401
    assert (await renew(partner, refresh)).json()["error"] == "invalid_grant"


async def test_an_expired_token_is_told_by_the_gateway_in_lower_case(clock):
    partner = quickbooks(now=clock)
    client = inside(partner)
    clock.pass_by(3600)
    answer = await client.get(f"{COMPANY}/companyinfo/{REALM}")
    assert answer.status_code == 401
    assert answer.json()["fault"]["error"][0]["code"] == "3200"
    assert "expired" in answer.json()["fault"]["error"][0]["detail"]


async def test_another_company_is_not_connected(clock):
    answer = await inside(quickbooks(now=clock)).get("/v3/company/9999999999/companyinfo/9999999999")
    assert (answer.status_code, answer.json()["fault"]["error"][0]["code"]) == (403, "3100")


@pytest.mark.parametrize(("code", "status"), [("120", 401), ("6190", 400)])
async def test_a_company_in_trouble_refuses_every_call(clock, code, status):
    partner = quickbooks(now=clock)
    client = inside(partner)
    partner.trouble(code)
    answer = await client.get(f"{COMPANY}/customer/58")
    assert (answer.status_code, code_of(answer)) == (status, code)


# Reading


async def test_an_entity_leaves_out_what_is_empty(clock):
    found = await customer(quickbooks(now=clock))
    assert {"Id", "SyncToken", "domain", "sparse", "MetaData", "Active", "DisplayName", "Balance"} <= found.keys()
    assert None not in found.values()
    assert "ParentRef" not in found
    assert isinstance(found["Id"], str)
    assert found["MetaData"]["LastUpdatedTime"].endswith(("-07:00", "-08:00"))


async def test_a_sub_customer_names_its_parent(clock):
    found = await customer(quickbooks(now=clock), "62")
    parent = await customer(quickbooks(now=clock), "61")
    assert (found["Job"], found["ParentRef"], found["Level"]) == (True, {"value": "61"}, 1)
    assert found["FullyQualifiedName"] == f"{parent['DisplayName']}:{found['DisplayName']}"


async def test_answers_are_xml_unless_json_is_asked_for(clock):
    client = inside(quickbooks(now=clock))
    client.headers["accept"] = "*/*"
    answer = await client.get(f"{COMPANY}/companyinfo/{REALM}")
    assert answer.headers["content-type"].startswith("application/xml")


async def test_every_answer_has_a_time_and_a_trace(clock):
    answer = await inside(quickbooks(now=clock)).get(f"{COMPANY}/companyinfo/{REALM}")
    assert answer.json()["CompanyInfo"]["CompanyName"] == "Sample Roofing Books"
    assert len(answer.json()["time"].rpartition(".")[2]) >= 4
    assert answer.headers["intuit_tid"]


async def test_an_unknown_id_is_a_400_of_610(clock):
    answer = await inside(quickbooks(now=clock)).get(f"{COMPANY}/customer/1")
    assert (answer.status_code, code_of(answer)) == (400, "610")


async def test_a_query_pages_from_one_and_counts_what_came(clock):
    partner = quickbooks(now=clock, size=25)
    statement = "SELECT * FROM Customer WHERE Active IN (true, false) ORDERBY Id STARTPOSITION {} MAXRESULTS 10"
    pages = [await ask(partner, statement.format(start)) for start in (1, 11, 21)]
    assert [page["maxResults"] for page in pages] == [10, 10, 5]
    ids = [row["Id"] for page in pages for row in page["Customer"]]
    assert ids == [str(58 + n) for n in range(25)]
    assert all("totalCount" not in page for page in pages)


async def test_nothing_found_is_an_empty_object(clock):
    assert await ask(quickbooks(now=clock), "SELECT * FROM Customer WHERE Id = '1'") == {}


async def test_without_a_limit_a_hundred_come_and_never_more_than_a_thousand(clock):
    partner = quickbooks(now=clock, size=1001)
    assert (await ask(partner, "select * from Payment"))["maxResults"] == 100
    assert (await ask(partner, "SELECT * FROM Payment MAXRESULTS 5000"))["maxResults"] == 1000


async def test_inactive_customers_are_left_out_unless_asked_for(clock):
    partner = quickbooks(now=clock, size=18)
    assert (await ask(partner, "SELECT count(*) FROM Customer"))["totalCount"] == 16
    assert (await ask(partner, "SELECT count(*) FROM Customer WHERE Active IN (true, false)"))["totalCount"] == 18


async def test_changes_are_found_by_their_time(clock):
    partner = quickbooks(now=clock)
    clock.pass_by(3600)
    partner.change("customers", "60", Notes="new")
    since = "2026-05-04T09:00:00-07:00"
    found = await ask(partner, f"SELECT * FROM Customer WHERE MetaData.LastUpdatedTime > '{since}'")
    assert [row["Id"] for row in found["Customer"]] == ["60"]


async def test_a_quote_is_escaped_by_a_backslash(clock):
    partner = quickbooks(now=clock)
    partner.change("customers", "58", DisplayName="O'Neil \\ Sons")
    found = await ask(partner, r"SELECT * FROM Customer WHERE DisplayName = 'O\'Neil \\ Sons'")
    assert found["Customer"][0]["Id"] == "58"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM Customer WHERE Id = '58' OR Id = '59'",
        "SELECT Id FROM Customer",
        "SELECT * FROM customer",
        "SELECT * FROM Customer WHERE DisplayName = 'O'Neil'",
        "SELECT * FROM Customer STARTPOSITION 0",
        "SELECT * FROM Customer WHERE MetaData.LastUpdatedTime > '2026-03-01T00:00:00 08:00'",
        "DELETE FROM Customer",
        "",
    ],
)
async def test_what_the_language_does_not_know_is_refused(clock, statement):
    answer = await inside(quickbooks(now=clock)).get(f"{COMPANY}/query", params={"query": statement})
    assert (answer.status_code, code_of(answer)) == (400, "100")


async def test_a_statement_may_come_as_a_body(clock):
    client = inside(quickbooks(now=clock))
    statement = "SELECT count(*) FROM Estimate"
    answer = await client.post(f"{COMPANY}/query", content=statement, headers={"Content-Type": "application/text"})
    assert answer.json()["QueryResponse"] == {"totalCount": 30}


async def changes(partner: QuickBooks, since: str, entities: str = "Customer,Payment") -> httpx.Response:
    params = {"entities": entities, "changedSince": since}
    return await inside(partner).get(f"{COMPANY}/cdc", params=params)


async def test_change_data_capture_has_an_element_for_each_entity(clock):
    partner = quickbooks(now=clock)
    clock.pass_by(60)
    partner.change("customers", "58", Active=False)
    found = (await changes(partner, "2026-05-04T15:21:00Z")).json()["CDCResponse"][0]["QueryResponse"]
    assert found[1] == {}
    assert [(row["Id"], row["Active"]) for row in found[0]["Customer"]] == [("58", False)]


async def test_a_deleted_transaction_is_told_by_change_data_capture_alone(clock):
    partner = quickbooks(now=clock)
    clock.pass_by(60)
    sync_token = partner.table("payments").row("182")["SyncToken"]
    answer = await write(partner, "payment", {"Id": "182", "SyncToken": sync_token}, operation="delete")
    assert answer.json()["Payment"]["status"] == "Deleted"
    assert await ask(partner, "SELECT * FROM Payment WHERE Id = '182'") == {}
    found = (await changes(partner, "2026-05-04T15:21:00Z", "Payment")).json()["CDCResponse"][0]["QueryResponse"]
    deleted = found[0]["Payment"][0]
    assert deleted.keys() == {"domain", "status", "Id", "MetaData"}
    assert (deleted["Id"], deleted["status"]) == ("182", "Deleted")
    assert code_of(await inside(partner).get(f"{COMPANY}/payment/182")) == "610"


@pytest.mark.parametrize("since", ["2026-04-03T15:00:00Z", "", "yesterday"])
async def test_change_data_capture_reaches_thirty_days_back(clock, since):
    assert (await changes(quickbooks(now=clock), since)).status_code == 400


async def test_change_data_capture_gives_a_thousand_objects_at_most(clock):
    partner = quickbooks(now=clock, size=30, most_changes=7)
    found = (await changes(partner, "2026-04-05T00:00:00Z", "Customer")).json()["CDCResponse"][0]["QueryResponse"]
    assert found[0]["maxResults"] == len(found[0]["Customer"]) <= 7


# Writing


async def test_a_customer_is_made_once_for_each_requestid(clock):
    partner = quickbooks(now=clock, size=3)
    client, body = inside(partner), {"DisplayName": "Ada New", "PrimaryEmailAddr": {"Address": "ada@example.com"}}
    answers = [await client.post(f"{COMPANY}/customer", json=body, params={"requestid": "r1"}) for _ in range(2)]
    assert answers[0].json()["Customer"] == answers[1].json()["Customer"]
    made = answers[0].json()["Customer"]
    assert (made["Id"], made["SyncToken"], made["Active"], made["Job"]) == ("61", "0", True, False)
    assert "GivenName" not in made
    assert len(partner.table("customers")) == 4


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "2020"),
        ({"DisplayName": "Sample Client 0"}, "6240"),
        ({"DisplayName": "A:B"}, "6000"),
        ({"DisplayName": "A", "PreferredDeliveryMethod": "Pigeon"}, "2170"),
        ({"DisplayName": "A", "ParentRef": {"value": "1"}}, "2500"),
        ({"DisplayName": "A", "Colour": "red"}, "2010"),
        ({"Id": "1", "SyncToken": "0", "DisplayName": "A"}, "610"),
        ({"Id": "58", "DisplayName": "A"}, "2020"),
        ({"Id": "58", "SyncToken": "77", "DisplayName": "A"}, "5010"),
    ],
)
async def test_a_customer_that_cannot_be_is_refused(clock, body, code):
    answer = await write(quickbooks(now=clock), "customer", body)
    assert (answer.status_code, code_of(answer)) == (400, code)


async def test_a_sparse_update_keeps_what_it_does_not_name(clock):
    partner = quickbooks(now=clock)
    before = await customer(partner)
    body = {"Id": "58", "SyncToken": before["SyncToken"], "sparse": True, "Notes": "Ring twice"}
    after = (await write(partner, "customer", body)).json()["Customer"]
    assert (after["Notes"], after["BillAddr"]) == ("Ring twice", before["BillAddr"])
    assert int(after["SyncToken"]) == int(before["SyncToken"]) + 1


async def test_a_full_update_clears_what_it_does_not_name(clock):
    partner = quickbooks(now=clock)
    before = await customer(partner)
    body = {"Id": "58", "SyncToken": before["SyncToken"], "DisplayName": before["DisplayName"]}
    after = (await write(partner, "customer", body)).json()["Customer"]
    assert "BillAddr" in before
    assert "BillAddr" not in after
    assert after["Balance"] == before["Balance"]


async def test_customers_are_made_inactive_and_not_deleted(clock):
    partner = quickbooks(now=clock)
    before = await customer(partner)
    gone = {"Id": "58", "SyncToken": before["SyncToken"]}
    assert code_of(await write(partner, "customer", gone, operation="delete")) == "500"
    after = await write(partner, "customer", {**gone, "sparse": True, "Active": False})
    assert after.json()["Customer"]["Active"] is False


async def test_a_payment_moves_the_customers_balance_and_time_but_not_its_token(clock):
    partner = quickbooks(now=clock)
    before = await customer(partner)
    clock.pass_by(60)
    made = await write(partner, "payment", {"CustomerRef": {"value": "58"}, "TotalAmt": 25.5})
    assert (made.json()["Payment"]["UnappliedAmt"], made.json()["Payment"]["Line"]) == (25.5, [])
    after = await customer(partner)
    assert after["Balance"] == before["Balance"] - 25.5
    assert after["MetaData"]["LastUpdatedTime"] > before["MetaData"]["LastUpdatedTime"]
    assert after["SyncToken"] == before["SyncToken"]


async def test_a_voided_payment_stays_with_nothing_in_it(clock):
    partner = quickbooks(now=clock)
    sync_token = partner.table("payments").row("183")["SyncToken"]
    body = {"Id": "183", "SyncToken": sync_token, "sparse": True}
    after = (await write(partner, "payment", body, operation="update", include="void")).json()["Payment"]
    assert (after["TotalAmt"], after["Line"]) == (0, [])
    assert after["PrivateNote"].startswith("Voided")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"TotalAmt": 5}, "2020"),
        ({"CustomerRef": {"value": "1"}, "TotalAmt": 5}, "2500"),
        ({"Id": "181", "SyncToken": "0", "sparse": True, "TotalAmt": 5}, "6540"),
    ],
)
async def test_a_payment_that_cannot_be_is_refused(clock, body, code):
    assert code_of(await write(quickbooks(now=clock), "payment", body)) == code


async def test_an_item_of_a_batch_fails_by_itself(clock):
    items = [
        {"bId": "a", "operation": "create", "Customer": {"DisplayName": "New"}},
        {"bId": "b", "operation": "create", "Customer": {"DisplayName": "Sample Client 0"}},
        {"bId": "c", "Query": "SELECT count(*) FROM Payment"},
    ]
    answer = await inside(quickbooks(now=clock)).post(f"{COMPANY}/batch", json={"BatchItemRequest": items})
    assert answer.status_code == 200
    made, failed, counted = answer.json()["BatchItemResponse"]
    assert made["Customer"]["DisplayName"] == "New"
    assert (failed["bId"], failed["Fault"]["Error"][0]["code"]) == ("b", "6240")
    assert counted["QueryResponse"]["totalCount"] == 60


async def test_a_batch_holds_thirty_items(clock):
    items = [{"bId": str(n), "Query": "SELECT * FROM Payment"} for n in range(31)]
    answer = await inside(quickbooks(now=clock)).post(f"{COMPANY}/batch", json={"BatchItemRequest": items})
    assert answer.status_code == 400


# Limits and failures


async def test_ten_calls_a_second_and_the_next_is_refused_without_a_hint(clock):
    partner = quickbooks(now=clock)
    client = inside(partner)
    answers = [await client.get(f"{COMPANY}/customer/58") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert code_of(answers[-1]) == "003001"
    assert "retry-after" not in answers[-1].headers
    assert partner.violations == 1


async def test_batches_have_a_limit_of_their_own(clock):
    partner = quickbooks(now=clock, batch_limits=(Window(1, 60.0),))
    client, item = inside(partner), {"BatchItemRequest": [{"bId": "1", "Query": "SELECT * FROM Payment"}]}
    statuses = [(await client.post(f"{COMPANY}/batch", json=item)).status_code for _ in range(2)]
    assert statuses == [200, 429]


async def test_a_call_can_be_told_to_fail(clock):
    partner = quickbooks(now=clock)
    partner.fail_next(1, 503)
    answer = await inside(partner).get(f"{COMPANY}/customer/58")
    assert (answer.status_code, answer.json()["Fault"]["type"]) == (503, "SystemFault")


# Webhooks


def hooked(clock: Any, receiver: Any, **options: Any) -> QuickBooks:
    target = WebhookTarget("https://host.example/hook", receiver.client)
    return quickbooks(now=clock, webhooks=target, **options)


def test_the_signature_is_that_of_the_sheets_vectors():
    old = (
        b'{"eventNotifications":[{"realmId":"9130355377388383","dataChangeEvent":{"entities":[{"name":"Customer",'
        b'"id":"58","operation":"Update","lastUpdated":"2026-03-04T17:22:09.000Z"}]}}]}'
    )
    assert len(old) == 180
    assert seal("example-verifier-token", old) == "8N7RO9al2aw1jPTVyjRlu/iefhMchcTgAYcMPnu8vWU="


async def test_a_notice_is_an_array_of_cloud_events_without_data(clock, receiver):
    partner = hooked(clock, receiver)
    partner.change("customers", "58", Notes="x")
    await partner.deliver()
    (request,) = receiver.received
    (event,) = json.loads(request.content)
    assert (event["type"], event["intuitentityid"], event["intuitaccountid"]) == (
        "qbo.customer.updated.v1",
        "58",
        REALM,
    )
    assert len(event["time"]) == len("2026-03-04T17:22:09.114000000Z")
    assert event["data"] == {}
    signature = base64.b64decode(request.headers["intuit-signature"])
    assert signature == base64.b64decode(seal("quickbooks-verifier-token", request.content))


async def test_the_form_before_it_has_a_block_for_each_company(clock, receiver):
    partner = hooked(clock, receiver, webhook_form="notifications", neighbour="1234567890")
    partner.change("customers", "58", Notes="x")
    await partner.deliver()
    blocks = json.loads(receiver.received[0].content)["eventNotifications"]
    assert [block["realmId"] for block in blocks] == [REALM, "1234567890"]
    entity = blocks[0]["dataChangeEvent"]["entities"][0]
    assert (entity["name"], entity["id"], entity["operation"]) == ("Customer", "58", "Update")


@pytest.mark.parametrize(
    ("act", "types"),
    [
        (lambda partner: partner.remove("payments", "182"), ["qbo.payment.deleted.v1", "qbo.customer.updated.v1"]),
        (lambda partner: partner.add("estimates"), ["qbo.estimate.created.v1"]),
        (lambda partner: partner.merge("58", "59"), ["qbo.customer.merged.v1"]),
        (
            lambda partner: partner.change("payments", "182", TotalAmt=0),
            ["qbo.payment.voided.v1", "qbo.customer.updated.v1"],
        ),
    ],
)
async def test_each_operation_has_its_type(clock, receiver, act, types):
    partner = hooked(clock, receiver)
    act(partner)
    await partner.deliver()
    assert [event["type"] for event in json.loads(receiver.received[0].content)] == types


async def test_merging_points_payments_to_the_one_that_stays(clock):
    partner = quickbooks(now=clock)
    partner.merge("58", "59")
    assert not any(row["CustomerRef"]["value"] == "59" for row in partner.table("payments"))
    assert partner.table("customers").row("59")["Active"] is False


async def test_a_notice_is_repeated_after_twenty_thirty_and_fifty_minutes(clock, receiver):
    partner = hooked(clock, receiver)
    receiver.answers = [500, 202, 500, 500]
    partner.change("customers", "58", Notes="x")
    for wait in (0, 1200, 1800, 3000, 86_400):
        clock.pass_by(wait)
        await partner.deliver()
    assert len(receiver.received) == 4
    assert len(partner.outbox.given_up) == 1
