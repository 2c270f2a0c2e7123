"""
QuickBooks' made-up company: customers, payments, estimates.

Field names and which of them may be absent follow recorded sandbox answers and the public SDKs. A row holds
what the partner shows, None for what it leaves out, and `id`, `created`, `updated` of our own; `shown` turns it into
what is seen.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from runner.authoring.simulate.seeded import CITIES, FIRST_NAMES, LAST_NAMES, STREETS, Dice
from runner.authoring.simulate.table import Row, Table

CUSTOMER, PAYMENT, ESTIMATE, INVOICE = 58, 181, 5210, 7096
ZONE = ZoneInfo("America/Los_Angeles")
OWN = ("id", "created", "updated")
DOLLARS = {"value": "USD", "name": "United States Dollar"}
STATUSES = ("Pending", "Accepted", "Closed", "Rejected")
REFERENCE = {"Name": "txnReferenceNumber", "Value": "1031"}
LINE_EX = {
    "any": [
        {
            "name": "{http://schema.intuit.com/finance/v3}NameValue",
            "declaredType": "com.intuit.schema.finance.v3.NameValue",
            "scope": "javax.xml.bind.JAXBElement$GlobalScope",
            "value": REFERENCE,
            "nil": False,
            "globalScope": True,
            "typeSubstituted": False,
        }
    ]
}


def written(moment: datetime) -> str:
    """As the partner writes its times: the company's offset, no fraction."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def shown(row: Row) -> Row:
    """An entity as the partner shows it: what is empty is absent."""
    visible = {name: value for name, value in row.items() if value is not None and name not in OWN}
    times = {"CreateTime": written(row["created"]), "LastUpdatedTime": written(row["updated"])}
    return {**visible, "MetaData": times}


def amount(cents: int) -> int | float:
    """A whole amount is written without a fraction."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def tables(now: datetime, dice: Dice, size: int) -> dict[str, Table]:
    """A company with `size` customers, as many payments and half as many estimates."""
    if size < 1:
        msg = f"a simulated QuickBooks has one customer at least: give a size of 1 or more, not {size}"
        raise ValueError(msg)
    company = Company(now, dice, size)
    customers = [company.customer(n) for n in range(size)]
    payments = [company.payment(n, customers[n % size]) for n in range(size)]
    estimates = [company.estimate(n, customers[(2 * n) % size]) for n in range(max(1, size // 2))]
    rows = {"customers": customers, "payments": payments, "estimates": estimates}
    return {name: Table(name, kind, modified="updated") for name, kind in rows.items()}


class Company:
    """Makes one row of a kind from its number."""

    def __init__(self, now: datetime, dice: Dice, size: int) -> None:
        self.now = now.replace(microsecond=0)
        self.dice = dice
        self.size = size

    def customer(self, n: int) -> Row:
        """Each fifth is a job of the one before it, each tenth a project; each ninth is inactive."""
        job = n % 5 == 4
        first, last = FIRST_NAMES[n % len(FIRST_NAMES)], LAST_NAMES[n % len(LAST_NAMES)]
        own = f"Barn roof {n}" if job else f"{first} {last} {n}"
        parent = f"{FIRST_NAMES[(n - 1) % len(FIRST_NAMES)]} {LAST_NAMES[(n - 1) % len(LAST_NAMES)]} {n - 1}"
        balance = amount(self.dice.below(90_000, "balance", n) if n % 3 else 8_500)
        return {
            **self._entity("customer", CUSTOMER + n, n),
            "Active": n % 9 != 8,
            "DisplayName": own,
            "FullyQualifiedName": f"{parent}:{own}" if job else own,
            "PrintOnCheckName": own,
            "Taxable": n % 2 == 0,
            "Job": job,
            "IsProject": n % 10 == 9,
            "BillWithParent": job,
            "Balance": balance,
            "BalanceWithJobs": balance,
            "PreferredDeliveryMethod": ("Print", "Email", "None")[n % 3],
            "ClientEntityId": "0",
            "V4IDPseudonym": f"0020980000000000000000000000000000{n:04x}",
            "ParentRef": {"value": str(CUSTOMER + n - 1)} if job else None,
            "Level": 1 if job else None,
            **self._person(n, first, last),
            **self._addresses(n),
        }

    def _person(self, n: int, first: str, last: str) -> Row:
        phones = [{"FreeFormNumber": f"(402) 555-{(n * 4 + place) % 10_000:04d}"} for place in range(4)]
        several = f"c{n}@example.com, office{n}@example.com"
        return {
            "Title": "Ms" if n % 7 == 3 else None,
            "GivenName": first if n % 5 != 4 else None,
            "MiddleName": "T" if n % 6 == 1 else None,
            "FamilyName": last if n % 5 != 4 else None,
            "Suffix": "Jr" if n % 8 == 5 else None,
            "CompanyName": f"{last} Roofing LLC" if n % 3 == 0 else None,
            "PrimaryPhone": phones[0] if n % 4 != 3 else None,
            "AlternatePhone": phones[1] if n % 6 == 2 else None,
            "Mobile": phones[2] if n % 3 == 2 else None,
            "Fax": phones[3] if n % 11 == 0 else None,
            "PrimaryEmailAddr": {"Address": several if n % 4 == 1 else f"c{n}@example.com"} if n % 5 != 3 else None,
            "WebAddr": {"URI": "http://www.example.com"} if n % 9 == 0 else None,
            "Notes": "Gate code on file" if n % 4 == 2 else None,
            "DefaultTaxCodeRef": {"value": "2"} if n % 2 == 0 else None,
            "SalesTermRef": {"value": "3", "name": "Net 30"} if n % 3 == 1 else None,
            "PaymentMethodRef": {"value": "2", "name": "Check"} if n % 3 == 0 else None,
        }

    def _addresses(self, n: int) -> Row:
        """Both, one, none, or free text in five lines as older customers have it."""
        city, region, _, code, latitude, longitude = self.dice.pick(CITIES, "address", n)
        line = f"{100 + n} {self.dice.pick(STREETS, 'address', n)}"
        full = {"Id": str(9000 + n), "Line1": line, "City": city, "CountrySubDivisionCode": region, "PostalCode": code}
        bill = {**full, "Country": "USA", "Lat": str(latitude), "Long": str(longitude)}
        if n % 6 == 5:
            bill = {"Id": str(9000 + n), "Line1": "Sample Client", "Line2": line, "Line3": f"{city}, {region} {code}"}
        if n % 4 == 0:
            bill["Line2"] = "Unit 3"
        return {
            "BillAddr": bill if n % 7 != 6 else None,
            "ShipAddr": {**full, "Id": str(19_000 + n)} if n % 2 else None,
        }

    def payment(self, n: int, customer: Row) -> Row:
        """Each fifth is not applied to an invoice, each eighth is voided, each third lies in a deposit."""
        cents, voided, free = self.dice.below(500_000, "payment", n) + 100, n % 8 == 7, n % 5 == 4
        total = amount(0 if voided else cents)
        linked = [{"TxnId": str(INVOICE + n), "TxnType": "Invoice"}]
        memo = "Deposit for roof repair" if n % 2 == 0 else None
        return {
            **self._entity("payment", PAYMENT + n, n),
            "CustomerRef": named(customer),
            "DepositToAccountRef": {"value": "4"},
            "PaymentMethodRef": {"value": "2", "name": "Check"}
            if n % 4 == 0
            else {"value": "2"}
            if n % 4 == 1
            else None,
            "PaymentRefNum": f"CHK-{2041 + n}" if n % 3 else None,
            "TotalAmt": total,
            "UnappliedAmt": total if free else 0,
            "ProcessPayment": False,
            "PrivateNote": f"Voided - {memo}" if voided and memo else "Voided" if voided else memo,
            "LinkedTxn": [{"TxnId": str(8182 + n), "TxnType": "Deposit"}] if n % 3 == 0 and not voided else None,
            "TxnDate": (self.now - timedelta(days=n % 90)).date().isoformat(),
            "Line": [] if free or voided else [{"Amount": total, "LinkedTxn": linked, "LineEx": LINE_EX}],
        }

    def estimate(self, n: int, customer: Row) -> Row:
        day = (self.now - timedelta(days=n % 60)).date()
        return {
            **self._entity("estimate", ESTIMATE + n, n),
            "CustomerRef": named(customer),
            "DocNumber": str(1042 + n) if n % 6 != 5 else None,
            "TxnDate": day.isoformat(),
            "ExpirationDate": (day + timedelta(days=30)).isoformat() if n % 3 else None,
            "TxnStatus": STATUSES[n % len(STATUSES)],
            "TotalAmt": amount(self.dice.below(900_000, "estimate", n) + 100),
            "PrivateNote": None,
            "Line": [],
            **self._addresses(n + 1),
        }

    def _entity(self, kind: str, number: int, n: int) -> Row:
        created = self.now - timedelta(minutes=self.dice.below(150_000, kind, n) + 3_000)
        return {
            "id": str(number),
            "domain": "QBO",
            "sparse": False,
            "Id": str(number),
            "SyncToken": str(n % 4),
            "created": created,
            "updated": created + timedelta(minutes=self.dice.below(2_900, kind, n)),
            "CurrencyRef": DOLLARS,
        }


def named(customer: Row) -> Row:
    """How a transaction refers to its customer."""
    return {"value": customer["Id"], "name": customer["FullyQualifiedName"]}
