"""
How Housecall Pro shows a customer, an employee, a job, an estimate.

Source: the fixtures of GitHub amp-labs/connectors (providers/housecallPro/test). That a listing has appointments and
attachments only where `expand[]` asks for them is this simulation's reading of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from runner.authoring.simulate.table import Row, Table

NOWHERE: Row = dict.fromkeys(("street", "street_line_2", "city", "state", "zip", "country"))
EXPANDED = ("attachments", "do_not_service")
ALL = ("attachments", "appointments")
ACCOUNT = ("created_at", "updated_at", "company_name", "company_id")


class Shapes:
    """Rows as the partner shows them, with what they point at."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables

    def customer(self, row: Row, expand: Collection[str] = ()) -> Row:
        return {**_bare(row, expand), "addresses": [_address(one) for one in self.places(row["id"])]}

    def places(self, customer_id: str) -> list[Row]:
        """The addresses of a customer."""
        return [row for row in self._tables["addresses"] if row["customer_id"] == customer_id]

    def employee(self, row: Row) -> Row:
        return {name: value for name, value in row.items() if name != "active"}

    def job(self, row: Row, expand: Collection[str] = ALL) -> Row:
        shown = {
            "id": row["id"],
            "invoice_number": row["invoice_number"],
            "description": row["description"],
            **self._work(row, expand),
            **{name: row[name] for name in ("notes", "total_amount", "outstanding_balance", "subtotal", "tags")},
            "original_estimate_id": row["original_estimate_id"],
            "original_estimate_uuids": [],
            "job_fields": {"job_type": row["job_type"], "business_unit": None},
            **{name: row[name] for name in ("locked_at", "canceled_at", "deleted_at")},
            "recurrence_number": None,
            "recurrence_rule": None,
        }
        return {**shown, "attachments": row["attachments"]} if "attachments" in expand else shown

    def estimate(self, row: Row, expand: Collection[str] = ALL) -> Row:
        options = [
            {name: value for name, value in option.items() if name != "attachments" or "attachments" in expand}
            for option in row["options"]
        ]
        return {
            "id": row["id"],
            "estimate_number": row["estimate_number"],
            **self._work(row, ALL),
            "estimate_fields": {"job_type": row["job_type"], "business_unit": None},
            "options": options,
        }

    def _work(self, row: Row, expand: Collection[str]) -> Row:
        """What jobs and estimates have. The customer inside has no addresses."""
        customer = self._tables["customers"].get(row["customer_id"])
        place = self._tables["addresses"].get(row["address_id"])
        crew = [self._tables["employees"].get(one) for one in row["employee_ids"]]
        schedule = {name: row[name] for name in ("scheduled_start", "scheduled_end", "arrival_window")}
        return {
            "customer": _bare(customer) if customer else {"id": row["customer_id"]},
            "address": _address(place) if place else {"id": None, "type": "service", **NOWHERE},
            "work_status": row["work_status"],
            "work_timestamps": {name: row[name] for name in ("on_my_way_at", "started_at", "completed_at")},
            "schedule": {**schedule, "appointments": row["appointments"] if "appointments" in expand else []},
            "assigned_employees": [self.employee(one) for one in crew if one],
            "lead_source": row["lead_source"],
            **{name: row[name] for name in ACCOUNT},
        }


def _bare(row: Row, expand: Collection[str] = ()) -> Row:
    return {name: value for name, value in row.items() if name not in EXPANDED or name in expand}


def _address(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "customer_id"}
