from __future__ import annotations

from typing import Any

import httpx
import pytest

from runner.authoring.simulate.agave import own_id
from runner.authoring.simulate.limits import Window
from runner.authoring.simulate.quickbooks import QuickBooks, quickbooks

CREDENTIALS = {
    "API-Version": "2021-11-21",
    "Client-Id": "6a8a3f0e-1b7c-4c1d-9a55-0b1c2d3e4f50",
    "Client-Secret": "agave-client-secret-of-forty-characters-",
}
ACCOUNT = {"Account-Token": "agave-account-token"}


def surface(partner: QuickBooks, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=partner.app)
    given = {**CREDENTIALS, **ACCOUNT, **headers}
    return httpx.AsyncClient(transport=transport, base_url="https://api.agaveapi.com", headers=given)


async def customers(partner: QuickBooks, **headers: str) -> list[dict[str, Any]]:
    return (await surface(partner, **headers).get("/customers", params={"per_page": 500})).json()["data"]


def test_the_secret_has_the_length_of_the_documents():
    assert (len(CREDENTIALS["Client-Id"]), len(CREDENTIALS["Client-Secret"])) == (36, 40)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"API-Version": "2020-01-01"}, 400),
        ({"Client-Id": "x"}, 401),
        ({"Client-Secret": "x"}, 401),
        ({"Account-Token": "x"}, 401),
    ],
)
async def test_every_header_is_needed(clock, headers, status):
    assert (await surface(quickbooks(now=clock), **headers).get("/customers")).status_code == status


async def test_source_data_comes_only_when_asked_for(clock):
    partner = quickbooks(now=clock)
    bare = (await customers(partner))[0]
    full = next(row for row in await customers(partner, **{"Include-Source-Data": "true"}) if row["id"] == bare["id"])
    assert "source_data" not in bare
    assert full["source_data"]["data"]["Id"] == full["source_id"]
    assert full["source_data"]["path"] == f"/v3/company/9130355377388383/customer/{full['source_id']}"


async def test_single_raw_fields_can_be_chosen_and_left_out(clock):
    partner = quickbooks(now=clock)
    chosen = await customers(partner, **{"Include-Source-Data": "Id,SyncToken", "Include-Source-Data-Path": "false"})
    assert chosen[0]["source_data"].keys() == {"data"}
    assert chosen[0]["source_data"]["data"].keys() == {"Id", "SyncToken"}
    without = await customers(partner, **{"Include-Source-Data": "true", "Exclude-Source-Data": "Balance"})
    assert "Balance" not in without[0]["source_data"]["data"]


async def test_the_guides_shape_of_source_data_is_bare(clock):
    found = await customers(quickbooks(now=clock, bare_source_data=True), **{"Include-Source-Data": "true"})
    assert found[0]["source_data"]["Id"] == found[0]["source_id"]


async def test_lists_have_pages_and_ids_of_their_own(clock):
    partner = quickbooks(now=clock, size=25)
    client = surface(partner)
    pages = [(await client.get("/ar-payments", params={"page": page, "per_page": 10})).json() for page in (1, 2, 3)]
    assert [len(page["data"]) for page in pages] == [10, 10, 5]
    assert pages[0]["meta"] == {"page": 1, "per_page": 10, "total_pages": 3}
    assert {row["source_id"] for page in pages for row in page["data"]} == {
        row["Id"] for row in partner.table("payments")
    }


async def test_one_thing_is_read_by_agaves_id(clock):
    client = surface(quickbooks(now=clock))
    assert (await client.get(f"/customers/{own_id('Customer', '58')}")).json()["source_id"] == "58"
    assert (await client.get("/customers/58")).status_code == 404


async def test_a_company_is_linked_through_its_component(clock):
    partner = quickbooks(now=clock)
    client = surface(partner)
    link = (await client.post("/link/create", json={"reference_id": "acme"})).json()["link_token"]
    body = {"public_token": partner.agave.public_token(link)}
    made = (await client.post("/link/token/exchange", json=body)).json()
    assert made["linked_company"]["source_id"] == "9130355377388383"
    assert (await surface(partner, **{"Account-Token": made["account_token"]}).get("/customers")).status_code == 200
    assert (await client.post("/link/token/exchange", json=body)).status_code == 400


async def test_an_account_that_was_unlinked_opens_nothing(clock):
    partner = quickbooks(now=clock)
    partner.disconnect()
    assert (await surface(partner).get("/customers")).status_code == 401


async def test_a_query_is_passed_through(clock):
    order = {"method": "GET", "path": "/query?query=SELECT%20count(*)%20FROM%20Payment"}
    client = surface(quickbooks(now=clock))
    assert (await client.post("/passthrough", json=order)).json() == {"QueryResponse": {"totalCount": 60}}
    assert (await client.post("/passthrough", json={**order, "method": "DELETE"})).status_code == 400


async def test_calls_over_the_limit_are_counted(clock):
    partner = quickbooks(now=clock, agave_limits=(Window(1, 60.0),))
    statuses = [(await surface(partner).get("/customers")).status_code for _ in range(2)]
    assert (statuses, partner.violations) == ([200, 429], 1)
