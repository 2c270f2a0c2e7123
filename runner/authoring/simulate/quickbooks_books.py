"""
What QuickBooks does to its entities: reads, writes with SyncTokens, deletions that only change data capture tells of.

Sources: developer.intuit.com (data queries, common errors), GitHub ej2/python-quickbooks (mixins, cdc, objects), and
recorded sandbox answers. That unknown properties give 2010 is this module's choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runner.authoring.simulate.quickbooks_data import named, shown
from runner.authoring.simulate.quickbooks_faults import Fault
from runner.authoring.simulate.table import Row, Table

TABLES: Mapping[str, str] = {"Customer": "customers", "Payment": "payments", "Estimate": "estimates"}
KEPT = {"id", "Id", "SyncToken", "domain", "sparse", "created", "updated"}
READ_ONLY = KEPT | {
    "FullyQualifiedName",
    "Job",
    "Level",
    "Balance",
    "BalanceWithJobs",
    "V4IDPseudonym",
    "CurrencyRef",
    "Active",
    "UnappliedAmt",
    "LinkedTxn",
    "ClientEntityId",
    "IsProject",
}
NAMES = ("DisplayName", "Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
DELIVERY = ("Print", "Email", "None")
STATES = ("Pending", "Accepted", "Closed", "Rejected")
DEFAULTS: Mapping[str, Row] = {
    "Customer": {"Taxable": True, "BillWithParent": False, "PreferredDeliveryMethod": "None"},
    "Payment": {"ProcessPayment": False, "Line": []},
    "Estimate": {"TxnStatus": "Pending", "Line": []},
}


@dataclass(frozen=True)
class Gone:
    """A transaction that was deleted."""

    entity: str
    id: str
    at: datetime

    def shown(self, written: Callable[[datetime], str]) -> Row:
        times = {"LastUpdatedTime": written(self.at)}
        return {"domain": "QBO", "status": "Deleted", "Id": self.id, "MetaData": times}


class Books:
    """
    The entities of a company.

    Args:
        add, change, remove: do it, and tell the webhooks.
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        *,
        add: Callable[..., Any],
        change: Callable[..., None],
        remove: Callable[..., None],
        inactive_found: bool,
    ) -> None:
        self._tables = tables
        self._add = add
        self._change = change
        self._remove = remove
        self._inactive_found = inactive_found

    def table(self, entity: str) -> Table:
        """Raises Fault where the partner has no such entity."""
        if entity not in TABLES:
            raise Fault("500", f"Operation on {entity} is not supported")
        return self._tables[TABLES[entity]]

    def read(self, entity: str, key: str) -> Row:
        """One entity as it is stored. Raises Fault: 610 in place of a 404."""
        row = self.table(entity).get(key)
        if row is None or not (row.get("Active", True) or self._inactive_found):
            raise Fault("610", "Something you're trying to use has been made inactive.")
        return row

    # Writing

    def write(self, entity: str, body: Row, operation: str = "") -> Row:
        """
        What a POST does: create without `Id`, else update, delete or void. Raises Fault.

        Args:
            operation: `delete`, `void`, or empty.
        """
        if operation == "delete":
            return self._delete(entity, body)
        if operation == "void":
            return self._void(entity, body)
        if unknown := set(body) - set(self.table(entity).model()) - {"MetaData", "Id"}:
            raise Fault("2010", f"Property Name: {', '.join(sorted(unknown))}", element=None)
        return self._update(entity, body) if body.get("Id") else self._create(entity, body)

    def _create(self, entity: str, body: Row) -> Row:
        fields = {**self._blank(entity), **_writable(body)}
        if entity == "Customer":
            fields["DisplayName"] = body.get("DisplayName") or " ".join(body[name] for name in NAMES if body.get(name))
            fields["PrintOnCheckName"] = body.get("PrintOnCheckName") or fields["DisplayName"]
            fields |= {"Active": True, "IsProject": False, "Balance": 0, "BalanceWithJobs": 0}
        self._check(entity, fields, "")
        return self.read(
            entity, self._add(TABLES[entity], SyncToken="0", **{**fields, **self._derived(entity, fields)})
        )

    def _blank(self, entity: str) -> Row:
        """An entity of which nothing was said."""
        return {**{name: None for name in self.table(entity).model() if name not in READ_ONLY}, **DEFAULTS[entity]}

    def _update(self, entity: str, body: Row) -> Row:
        row = self._current(entity, body)
        fields = _writable(body)
        if "Active" in body:
            fields["Active"] = body["Active"]
        if body.get("sparse") is not True:
            fields = {**self._blank(entity), **fields}
        self._check(entity, {**row, **fields}, row["Id"])
        self._change(TABLES[entity], row["Id"], **{**fields, **self._derived(entity, {**row, **fields})})
        return self.read(entity, row["Id"])

    def _current(self, entity: str, body: Row) -> Row:
        """The entity that is written to, if the writer has seen its newest version. Raises Fault."""
        for name in ("Id", "SyncToken"):
            if not body.get(name):
                raise Fault("2020", f"Required parameter {name} is missing in the request", element=name)
        row = self.table(entity).get(body["Id"])
        if row is None:
            raise Fault("610", f"Object {body['Id']} not found")
        if row["SyncToken"] != str(body["SyncToken"]):
            raise Fault("5010", "You and another user were working on this at the same time.")
        if any(linked["TxnType"] == "Deposit" for linked in row.get("LinkedTxn") or []):
            raise Fault("6540", "This transaction has been deposited.")
        return row

    def _delete(self, entity: str, body: Row) -> Row:
        if entity == "Customer":
            raise Fault("500", "Operation Delete is not supported")
        row = self._current(entity, body)
        self._remove(TABLES[entity], row["Id"])
        return {"id": row["Id"], "domain": "QBO", "status": "Deleted", "Id": row["Id"]}

    def _void(self, entity: str, body: Row) -> Row:
        if entity != "Payment":
            raise Fault("500", "Operation Void is not supported")
        row = self._current(entity, body)
        memo = " - ".join(word for word in ("Voided", row["PrivateNote"]) if word)
        self._change("payments", row["Id"], TotalAmt=0, UnappliedAmt=0, PrivateNote=memo, Line=[])
        return self.read(entity, row["Id"])

    def _check(self, entity: str, fields: Row, own: str) -> None:
        """Raises Fault."""
        if entity == "Customer":
            self._check_name(fields, own)
            _among(fields, "PreferredDeliveryMethod", DELIVERY)
            parent = fields.get("ParentRef")
        else:
            parent = fields.get("CustomerRef")
            _among(fields, "TxnStatus", STATES)
            for name in ("CustomerRef", "TotalAmt") if entity == "Payment" else ("CustomerRef",):
                if fields.get(name) is None:
                    raise Fault("2020", f"Required parameter {name} is missing in the request", element=name)
        if parent is not None and self._tables["customers"].get(str(parent.get("value"))) is None:
            raise Fault("2500", f"Names element id {parent.get('value')} not found")

    def _check_name(self, fields: Row, own: str) -> None:
        name = fields.get("DisplayName")
        if not name:
            raise Fault("2020", "One of DisplayName, Title, GivenName, MiddleName, FamilyName or Suffix is needed")
        if any(sign in name for sign in ":\t\n"):
            raise Fault("6000", "The name must not hold a colon, a tab or a new line.")
        if any(row["DisplayName"] == name and row["Id"] != own for row in self._tables["customers"]):
            raise Fault("6240", "The name supplied already exists.")

    def _derived(self, entity: str, fields: Row) -> Row:
        """What follows from what was written."""
        if entity != "Customer":
            linked = sum(line["Amount"] for line in fields["Line"] or [])
            customer = named(self._tables["customers"].row(fields["CustomerRef"]["value"]))
            more = {"UnappliedAmt": fields["TotalAmt"] - linked} if entity == "Payment" else {}
            return {"CustomerRef": customer, **more}
        parent = fields.get("ParentRef")
        above = self._tables["customers"].row(parent["value"]) if parent else None
        name = fields["DisplayName"]
        full = f"{above['FullyQualifiedName']}:{name}" if above else name
        return {
            "FullyQualifiedName": full,
            "Job": above is not None,
            "Level": (above["Level"] or 0) + 1 if above else None,
        }


def entity_answer(entity: str, row: Row) -> Row:
    """An entity under its own name; a deleted one says only that."""
    return {entity: shown(row) if "created" in row else {name: row[name] for name in row if name != "id"}}


def _writable(body: Row) -> Row:
    return {name: value for name, value in body.items() if name not in READ_ONLY and name != "MetaData"}


def _among(fields: Row, name: str, values: tuple[str, ...]) -> None:
    if fields.get(name) is not None and fields[name] not in values:
        raise Fault("2170", f"{name} cannot be {fields[name]}")
