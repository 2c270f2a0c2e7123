"""What `bench.mapping` maps: invented payloads, expressions, and the same mappings written by hand.

The hand code is the floor: what an expert writes who knows these payloads, reads every path once, and checks nothing.
It fails on a payload without a customer; generated code does not. Both call the library's own functions for times and
telephone numbers.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from runner.mapping.functions import e164, iso8601

Payload = dict[str, Any]

JOB = {
    "number": "jobNumber",
    "id": "text(id)",
    "name": "join(' ', ['Job', jobNumber])",
    "status": "lookup({Scheduled: 'scheduled', InProgress: 'in_progress', Hold: 'on_hold', Completed: 'completed'}, "
    "jobStatus, 'unknown')",
    "city": "location.address.city",
    "postal_code": "location.address.zip",
    "customer": "customer.name",
    "phone": "e164(customer.contacts[?type=='MobilePhone'].value | [0], 'US')",
    "email": "customer.contacts[?type=='Email'].value | [0]",
    "created_at": "iso8601(createdOn)",
    "updated_at": "iso8601(modifiedOn)",
    "total": "total",
    # up to here: 12
    "street": "location.address.street",
    "unit": "location.address.unit",
    "region": "location.address.state",
    "latitude": "location.address.latitude",
    "description": "trim(summary)",
    "starts_at": "iso8601(appointments[0].start)",
    "tags": "tags[*].name",
    "technicians": "appointments[].technicians[].name",
    "gate": "customFields[?name=='Gate code'].value | [0]",
    "host_id": "externalData[?key=='cc_project_id'] | [0].value",
    "priority": "lower(priority)",
    "invoice": "invoice.number || customerPo",
    # up to here: 24
    "completed_at": "iso8601(completedOn)",
    "lines": "items[*].{sku: sku, quantity: quantity, price: price}",
    "amount": "sum(items[*].total)",
    "costly": "items[?price > `100`].sku",
    "last_appointment": "sort_by(appointments, &start)[-1].id",
    "open_appointments": "length(appointments[?status=='Scheduled'])",
    "warranty": "customFields[?name=='Warranty'].value | [0]",
    "source": "customFields[?name=='Lead source'].value | [0]",
    "bill_to": "join(', ', [customer.address.street, customer.address.city][?@])",
    "is_vip": "contains(tags[*].name, 'VIP')",
    "is_open": "active != `false` && jobStatus != 'Canceled'",
    "contact": "customer.{name: name, kind: type}",
    "note": "trim(notes)",
    "taxable": "sum(items[?taxable].total)",
    "sold_by": "soldBy.name || createdBy.name",
    "balance": "not_null(invoice.balance, total)",
}
PATHS = {
    "number": "jobNumber",
    "id": "id",
    "status": "jobStatus",
    "city": "location.address.city",
    "postal_code": "location.address.zip",
    "street": "location.address.street",
    "unit": "location.address.unit",
    "region": "location.address.state",
    "latitude": "location.address.latitude",
    "customer": "customer.name",
    "customer_kind": "customer.type",
    "phone": "customer.contacts[?type=='MobilePhone'].value | [0]",
    "email": "customer.contacts[?type=='Email'].value | [0]",
    "total": "total",
    "description": "summary",
    "starts_at": "appointments[0].start",
    "tags": "tags[*].name",
    "technicians": "appointments[].technicians[].name",
    "gate": "customFields[?name=='Gate code'].value | [0]",
    "host_id": "externalData[?key=='cc_project_id'] | [0].value",
    "lines": "items[*].{sku: sku, quantity: quantity, price: price}",
    "taxable": "items[?taxable].sku",
    "invoice": "invoice.number || customerPo",
    "sold_by": "soldBy.name || createdBy.name",
}
CLIENT = {
    "id": "id",
    "name": "companyName || name",
    "first_name": "firstName",
    "last_name": "lastName",
    "is_company": "isCompany",
    "is_lead": "isLead",
    "archived": "isArchived",
    "email": "emails[?primary] | [0].address",
    "phone": "phones[?primary] | [0].number",
    "phones": "phones[*].number",
    "street": "billingAddress.street1",
    "city": "billingAddress.city",
    "region": "billingAddress.province",
    "postal_code": "billingAddress.postalCode",
    "country": "billingAddress.country",
    "tags": "tags.nodes[*].label",
    "properties": "clientProperties.nodes[*].{id: id, city: address.city}",
    "source": "customFields[?label=='Source'].valueText | [0]",
    "balance": "balance",
    "updated_at": "updatedAt",
}
_STATES = {"Scheduled": "scheduled", "InProgress": "in_progress", "Hold": "on_hold", "Completed": "completed"}


def job(number: int) -> Payload:
    """A job of a field-service system, about 2 KB."""
    dice = random.Random(number)
    day = f"2026-{1 + number % 12:02d}-{1 + number % 28:02d}"
    return {
        "id": 70_000 + number,
        "jobNumber": f"{7000 + number}",
        "jobStatus": dice.choice(["Scheduled", "InProgress", "Completed", "Canceled"]),
        "priority": dice.choice(["Normal", "Urgent"]),
        "active": True,
        "summary": " Replace the water heater in the basement and check the flue; call ahead. ",
        "notes": dice.choice([None, "Dog in the yard "]),
        "total": round(dice.random() * 4000, 2),
        "customerPo": dice.choice(["", "PO-17"]),
        "createdOn": f"{day}T08:01:{number % 60:02d}Z",
        "modifiedOn": f"{day}T09:31:{number % 60:02d}.1234567Z",
        "completedOn": dice.choice([None, f"{day}T16:45:12Z"]),
        "customer": {
            "id": 512,
            "name": f"Customer {number}",
            "type": "Residential",
            "address": {"street": "12 Oak Street", "city": "Lincoln", "state": "NE", "zip": "68508"},
            "contacts": [
                {"id": 1, "type": "Phone", "value": f"402-555-{number:04d}", "memo": "Home"},
                {"id": 2, "type": "MobilePhone", "value": f"(402) 555-{number:04d}", "memo": None},
                {"id": 3, "type": "Email", "value": f"customer{number}@example.com", "memo": None},
            ],
        },
        "location": {
            "id": 633,
            "name": "Home",
            "address": {
                "street": f"{number} Main Street",
                "unit": dice.choice([None, "4B"]),
                "city": "Lincoln",
                "state": "NE",
                "zip": "68501",
                "country": "USA",
                "latitude": 40.8136,
                "longitude": -96.7026,
            },
        },
        "appointments": [
            {
                "id": 8000 + number * 3 + n,
                "start": f"{day}T{9 + n:02d}:00:00Z",
                "end": f"{day}T{10 + n:02d}:00:00Z",
                "status": dice.choice(["Scheduled", "Done"]),
                "technicians": [{"id": 30 + n, "name": f"Tech {n}"}],
            }
            for n in range(2)
        ],
        "tags": [{"id": 301, "name": "Warranty"}, {"id": 302, "name": dice.choice(["VIP", "Rental"])}],
        "items": [
            {"sku": f"WH-{n}", "quantity": n + 1, "price": 60.0 * (n + 1), "total": 60.0, "taxable": n % 2 == 0}
            for n in range(3)
        ],
        "customFields": [
            {"typeId": 1, "name": "Gate code", "value": "1234"},
            {"typeId": 2, "name": "Warranty", "value": None},
            {"typeId": 3, "name": "Lead source", "value": "Web"},
        ],
        "externalData": [{"key": "cc_project_id", "value": f"{90_000 + number}"}],
        "invoice": {"id": 9071, "number": f"INV-{number}", "balance": dice.choice([None, 120.5])},
        "soldBy": dice.choice([None, {"id": 4, "name": "Sam Seller"}]),
        "createdBy": {"id": 42, "name": "Office"},
    }


def client(number: int) -> Payload:
    """A client as a node of a GraphQL answer."""
    dice = random.Random(number)
    return {
        "id": f"Z2lkOi8v{number}",
        "name": f"Sample Client {number}",
        "companyName": dice.choice(["", "Sample Homes"]),
        "firstName": "Sample",
        "lastName": f"Client {number}",
        "isCompany": False,
        "isLead": dice.choice([True, False]),
        "isArchived": False,
        "balance": 12.5,
        "updatedAt": "2026-05-04T09:31:36Z",
        "emails": [
            {"primary": False, "address": "office@example.com"},
            {"primary": True, "address": f"client{number}@example.com"},
        ],
        "phones": [
            {"primary": True, "number": f"402-555-{number:04d}", "description": "MAIN"},
            {"primary": False, "number": "402-555-0199", "description": "WORK"},
        ],
        "billingAddress": {
            "street1": f"{number} Main Street",
            "street2": None,
            "city": "Lincoln",
            "province": "NE",
            "postalCode": "68501",
            "country": "USA",
        },
        "tags": {"nodes": [{"label": "VIP"}, {"label": "Repeat"}]},
        "clientProperties": {
            "nodes": [{"id": f"P{n}", "address": {"street1": "1 Elm", "city": "Lincoln"}} for n in range(2)]
        },
        "customFields": [{"label": "Source", "valueText": "Web"}, {"label": "Gate", "valueText": None}],
    }


def hand_12(job: Payload) -> Payload:
    address, customer = job["location"]["address"], job["customer"]
    number = job["jobNumber"]
    mobile = email = None
    for contact in customer["contacts"]:
        if mobile is None and contact["type"] == "MobilePhone":
            mobile = contact["value"]
        elif email is None and contact["type"] == "Email":
            email = contact["value"]
    return {
        "number": number,
        "id": str(job["id"]),
        "name": f"Job {number}",
        "status": _STATES.get(job["jobStatus"], "unknown"),
        "city": address["city"],
        "postal_code": address["zip"],
        "customer": customer["name"],
        "phone": e164(mobile, "US"),
        "email": email,
        "created_at": iso8601(job["createdOn"]),
        "updated_at": iso8601(job["modifiedOn"]),
        "total": job["total"],
    }


def hand_24(job: Payload) -> Payload:
    record = hand_12(job)
    address, appointments = job["location"]["address"], job["appointments"]
    host_id = gate = None
    for entry in job["customFields"]:
        if entry["name"] == "Gate code":
            gate = entry["value"]
            break
    for entry in job["externalData"]:
        if entry["key"] == "cc_project_id":
            host_id = entry["value"]
            break
    record["street"] = address["street"]
    record["unit"] = address["unit"]
    record["region"] = address["state"]
    record["latitude"] = address["latitude"]
    record["description"] = job["summary"].strip() or None
    record["starts_at"] = iso8601(appointments[0]["start"])
    record["tags"] = [tag["name"] for tag in job["tags"]]
    record["technicians"] = [one["name"] for visit in appointments for one in visit["technicians"]]
    record["gate"] = gate
    record["host_id"] = host_id
    record["priority"] = job["priority"].lower()
    record["invoice"] = job["invoice"]["number"] or job["customerPo"]
    return record


def hand_40(job: Payload) -> Payload:
    record = hand_24(job)
    customer, items, status = job["customer"], job["items"], job["jobStatus"]
    custom = {field["name"]: field["value"] for field in job["customFields"]}
    notes, balance, last = job["notes"], job["invoice"]["balance"], job["appointments"][0]
    for visit in job["appointments"]:
        if visit["start"] >= last["start"]:
            last = visit
    record["completed_at"] = iso8601(job["completedOn"])
    record["lines"] = [{"sku": i["sku"], "quantity": i["quantity"], "price": i["price"]} for i in items]
    record["amount"] = sum([item["total"] for item in items])
    record["costly"] = [item["sku"] for item in items if item["price"] > 100]
    record["last_appointment"] = last["id"]
    record["open_appointments"] = len([1 for visit in job["appointments"] if visit["status"] == "Scheduled"])
    record["warranty"] = custom.get("Warranty")
    record["source"] = custom.get("Lead source")
    record["bill_to"] = ", ".join(
        [part for part in (customer["address"]["street"], customer["address"]["city"]) if part]
    )
    record["is_vip"] = "VIP" in record["tags"]
    record["is_open"] = job["active"] is not False and status != "Canceled"
    record["contact"] = {"name": customer["name"], "kind": customer["type"]}
    record["note"] = (notes.strip() or None) if notes is not None else None
    record["taxable"] = sum([item["total"] for item in items if item["taxable"]])
    record["sold_by"] = job["soldBy"]["name"] if job["soldBy"] else job["createdBy"]["name"]
    record["balance"] = balance if balance is not None else job["total"]
    return record


def hand_paths(job: Payload) -> Payload:
    address, customer, appointments = job["location"]["address"], job["customer"], job["appointments"]
    mobile = email = None
    for contact in customer["contacts"]:
        if mobile is None and contact["type"] == "MobilePhone":
            mobile = contact["value"]
        elif email is None and contact["type"] == "Email":
            email = contact["value"]
    host_id = gate = None
    for entry in job["customFields"]:
        if entry["name"] == "Gate code":
            gate = entry["value"]
            break
    for entry in job["externalData"]:
        if entry["key"] == "cc_project_id":
            host_id = entry["value"]
            break
    return {
        "number": job["jobNumber"],
        "id": job["id"],
        "status": job["jobStatus"],
        "city": address["city"],
        "postal_code": address["zip"],
        "street": address["street"],
        "unit": address["unit"],
        "region": address["state"],
        "latitude": address["latitude"],
        "customer": customer["name"],
        "customer_kind": customer["type"],
        "phone": mobile,
        "email": email,
        "total": job["total"],
        "description": job["summary"],
        "starts_at": appointments[0]["start"],
        "tags": [tag["name"] for tag in job["tags"]],
        "technicians": [one["name"] for visit in appointments for one in visit["technicians"]],
        "gate": gate,
        "host_id": host_id,
        "lines": [{"sku": i["sku"], "quantity": i["quantity"], "price": i["price"]} for i in job["items"]],
        "taxable": [item["sku"] for item in job["items"] if item["taxable"]],
        "invoice": job["invoice"]["number"] or job["customerPo"],
        "sold_by": job["soldBy"]["name"] if job["soldBy"] else job["createdBy"]["name"],
    }


def hand_client(node: Payload) -> Payload:
    address = node["billingAddress"]
    email = phone = source = None
    for entry in node["customFields"]:
        if entry["label"] == "Source":
            source = entry["valueText"]
            break
    for entry in node["emails"]:
        if entry["primary"]:
            email = entry["address"]
            break
    for entry in node["phones"]:
        if entry["primary"]:
            phone = entry["number"]
            break
    return {
        "id": node["id"],
        "name": node["companyName"] or node["name"],
        "first_name": node["firstName"],
        "last_name": node["lastName"],
        "is_company": node["isCompany"],
        "is_lead": node["isLead"],
        "archived": node["isArchived"],
        "email": email,
        "phone": phone,
        "phones": [entry["number"] for entry in node["phones"]],
        "street": address["street1"],
        "city": address["city"],
        "region": address["province"],
        "postal_code": address["postalCode"],
        "country": address["country"],
        "tags": [tag["label"] for tag in node["tags"]["nodes"]],
        "properties": [{"id": p["id"], "city": p["address"]["city"]} for p in node["clientProperties"]["nodes"]],
        "source": source,
        "balance": node["balance"],
        "updated_at": node["updatedAt"],
    }


def first(expressions: dict[str, str], count: int) -> dict[str, str]:
    return dict(list(expressions.items())[:count])


def workloads() -> dict[str, tuple[dict[str, str], Callable[[Payload], Payload], list[Payload], float, float]]:
    """By name: the expressions, the hand code, payloads, and the bars: times jmespath.py, share of the hand code."""
    jobs = [job(number) for number in range(1, 65)]
    clients = [client(number) for number in range(1, 65)]
    assert 1_800 < len(json.dumps(jobs[0], separators=(",", ":"))) < 2_300
    return {
        "job, 12 fields": (first(JOB, 12), hand_12, jobs, 13, 0.70),
        "job, 24 fields": (first(JOB, 24), hand_24, jobs, 16, 0.70),
        "job, 40 fields": (JOB, hand_40, jobs, 16, 0.70),
        "paths, 24 fields": (PATHS, hand_paths, jobs, 25, 0.55),
        "GraphQL node, 20 fields": (CLIENT, hand_client, clients, 25, 0.55),
    }
