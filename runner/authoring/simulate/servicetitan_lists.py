"""
ServiceTitan's list and export endpoints: which filters each has and what they mean.

Source: the partner's OpenAPI files (developer.servicetitan.io) and its pages "Timeouts and pagination" and
"Transactional and export APIs". A parameter that an endpoint does not have is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runner.authoring.simulate.servicetitan_data import APPOINTMENT_STATUSES, JOB_STATUSES
from runner.authoring.simulate.servicetitan_query import Invalid, Query, bound, choice, ids, moment, whole
from runner.authoring.simulate.table import Row, Table

Keep = Callable[[Row], bool]
SORTS = {"Id": "id", "ModifiedOn": "modifiedOn", "CreatedOn": "createdOn"}
PAGING = frozenset({"page", "pageSize", "includeTotal"})
RANGES = {"modified": "modifiedOn", "created": "createdOn"}


@dataclass(frozen=True)
class Listing:
    """
    One list endpoint.

    Args:
        path: below the tenant, with its module: `jpm/v2/tenant/{tenant}` + `/jobs`.
        table: whose rows it gives.
        active: has it the filter `active` (default: only active rows)?
        many: parameters that hold ids, comma-separated, to the field that they name.
        same: parameters whose value must equal a field; `address.city` looks inside.
        among: parameters with a closed set of values to field and set.
        bulk: one of the modified bounds must be given.
        hidden: fields that the list form does not show.
    """

    module: str
    path: str
    table: str
    active: bool = True
    many: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    among: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    ranges: Mapping[str, str] = field(default_factory=lambda: RANGES)
    sorts: Mapping[str, str] = field(default_factory=lambda: SORTS)
    by_id: bool = False
    bulk: bool = False
    hidden: frozenset[str] = frozenset()

    @property
    def base(self) -> str:
        return f"/{self.module}/v2/tenant/{{tenant:int}}"


ADDRESS = {part: f"address.{part}" for part in ("street", "unit", "city", "state", "zip", "country")}
ACTIVE_ONLY_IN_EXPORT = frozenset({"active"})

LISTINGS = (
    Listing(
        "jpm",
        "/jobs",
        "jobs",
        active=False,
        many={"ids": "id", "tagTypeIds": "tagTypeIds"},
        same={
            "number": "jobNumber",
            "customerId": "customerId",
            "locationId": "locationId",
            "businessUnitId": "businessUnitId",
        },
        among={"jobStatus": ("jobStatus", JOB_STATUSES)},
        ranges={**RANGES, "completed": "completedOn"},
        sorts={**SORTS, "Priority": "priority"},
        by_id=True,
        hidden=ACTIVE_ONLY_IN_EXPORT,
    ),
    Listing(
        "jpm",
        "/appointments",
        "appointments",
        many={"ids": "id"},
        same={"jobId": "jobId", "customerId": "customerId"},
        among={"status": ("status", APPOINTMENT_STATUSES)},
        ranges={**RANGES, "starts": "start"},
    ),
    Listing(
        "crm",
        "/customers/contacts",
        "customer-contacts",
        active=False,
        many={"customerIds": "customerId"},
        bulk=True,
        hidden=ACTIVE_ONLY_IN_EXPORT,
    ),
    Listing("crm", "/customers", "customers", many={"ids": "id"}, same={"name": "name", **ADDRESS}, by_id=True),
    Listing(
        "crm",
        "/locations/contacts",
        "location-contacts",
        active=False,
        many={"locationIds": "locationId"},
        bulk=True,
        hidden=ACTIVE_ONLY_IN_EXPORT,
    ),
    Listing(
        "crm",
        "/locations",
        "locations",
        many={"ids": "id"},
        same={"name": "name", "customerId": "customerId", **ADDRESS},
        by_id=True,
    ),
    Listing(
        "dispatch",
        "/appointment-assignments",
        "appointment-assignments",
        many={"ids": "id", "appointmentIds": "appointmentId"},
        same={"jobId": "jobId"},
    ),
    Listing("sales", "/estimates", "estimates", many={"ids": "id"}, same={"jobId": "jobId"}, by_id=True),
    Listing(
        "settings",
        "/technicians",
        "technicians",
        many={"ids": "id", "userIds": "userId"},
        same={"name": "name"},
        by_id=True,
    ),
)


def page(listing: Listing, table: Table, query: Query, joined: list[Keep]) -> dict[str, Any]:
    """One page of a list. Raises Invalid."""

    def find() -> list[Row]:
        keeps = [*filters(listing, query), *joined]
        return [row for row in ordered(listing, table, query) if all(keep(row) for keep in keeps)]

    asked = frozenset(item for item in query.items() if item[0] not in PAGING)
    return cut(find() if joined else table.recall(asked, find), query)


def cut(rows: list[Row], query: Query) -> dict[str, Any]:
    """The page that `page` (from 1) and `pageSize` (1 to 5000) ask for. Raises Invalid."""
    number = whole(query, "page", 1, 1, 10**9)
    size = whole(query, "pageSize", 50, 1, 5000)
    with_total = choice(query, "includeTotal", {"true": True, "false": False}, default=False)
    return {
        "page": number,
        "pageSize": size,
        "hasMore": number * size < len(rows),
        "totalCount": len(rows) if with_total else None,
        "data": rows[(number - 1) * size : number * size],
    }


def filters(listing: Listing, query: Query) -> Iterator[Keep]:
    """What a row must satisfy, one test a parameter given."""
    if listing.bulk and not {"modifiedBefore", "modifiedOnOrAfter"} & set(query):
        raise Invalid("modifiedOnOrAfter", "Either modifiedBefore or modifiedOnOrAfter must be provided.")
    activity = (
        choice(query, "active", {"True": True, "False": False, "Any": None}, default=True) if listing.active else True
    )
    if activity is not None:
        yield lambda row: row["active"] is activity
    for parameter, column in listing.many.items():
        if parameter in query:
            yield _any_of(column, ids(query, parameter))
    for parameter, column in listing.same.items():
        if parameter in query:
            yield _equal(column, query[parameter])
    for parameter, (column, values) in listing.among.items():
        if parameter in query:
            yield _equal(column, choice(query, parameter, {value: value for value in values}, default=""))
    for name, column in listing.ranges.items():
        yield from _range(query, name, column)


def ordered(listing: Listing, table: Table, query: Query) -> list[Row]:
    """Rows by `sort`: `+` or `-` and a field. A `+` that was not encoded arrives as a space and is refused."""
    wanted = query.get("sort", "+Id")
    column = listing.sorts.get(wanted[1:])
    if wanted[:1] not in {"+", "-"} or column is None:
        allowed = ", ".join(listing.sorts)
        raise Invalid("sort", f"The value '{wanted}' is not valid. Use + or - and one of: {allowed}.")
    rows = table.ordered(column)
    return rows if wanted[0] == "+" else rows[::-1]


def _any_of(column: str, wanted: set[int]) -> Keep:
    return lambda row: bool(wanted & set(row[column])) if isinstance(row[column], list) else row[column] in wanted


def _equal(column: str, wanted: str) -> Keep:
    outer, _, inner = column.partition(".")
    return lambda row: str(row[outer][inner] if inner else row[outer]) == wanted


def _range(query: Query, name: str, column: str) -> Iterator[Keep]:
    for suffix, holds in (("OnOrAfter", lambda value, bound: value >= bound), ("Before", lambda v, bound: v < bound)):
        if f"{name}{suffix}" in query:
            yield _bounded(column, bound(query, f"{name}{suffix}"), holds)


def _bounded(column: str, bound: datetime, holds: Callable[[datetime, datetime], bool]) -> Keep:
    return lambda row: row[column] is not None and holds(moment(row[column]), bound)


def joins(listing: Listing, tables: Mapping[str, Table], query: Query) -> list[Keep]:
    """Filters that look into another table: technician, status of an appointment, a customer's telephone."""
    return [
        _found_in(tables[other], column, query[parameter], named, key)
        for (table, parameter), (other, column, named, key) in JOINS.items()
        if table == listing.table and parameter in query
    ]


JOINS = {
    ("jobs", "technicianId"): ("appointment-assignments", "technicianId", "jobId", "id"),
    ("jobs", "appointmentStatus"): ("appointments", "status", "jobId", "id"),
    ("appointments", "technicianId"): ("appointment-assignments", "technicianId", "appointmentId", "id"),
    ("customers", "phone"): ("customer-contacts", "value", "customerId", "id"),
}


def _found_in(other: Table, column: str, wanted: str, named: str, key: str) -> Keep:
    found = {row[named] for row in other if str(row[column]) == wanted and row["active"]}
    return lambda row: row[key] in found
