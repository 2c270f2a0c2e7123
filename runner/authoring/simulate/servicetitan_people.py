"""
ServiceTitan's made-up company: customers, locations, their contacts, technicians.

Shapes, nullability and spellings (`appoitmentId` is theirs) follow the partner's OpenAPI files
`{crm,settings}-v2.json` at developer.servicetitan.io. Each field that may be null is null in some rows
and filled in others; the oldest row of each kind is the plain one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from runner.authoring.simulate.seeded import CITIES, FIRST_NAMES, LAST_NAMES, STREETS, Dice
from runner.authoring.simulate.table import Row

CUSTOMER, LOCATION, TECHNICIAN = 501, 601, 3001


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class People:
    """Makes one row of a kind from its number."""

    def __init__(self, now: datetime, dice: Dice, size: int) -> None:
        self.now = now
        self.dice = dice
        self.customers = max(1, size * 2 // 3)
        self.technicians = max(5, size // 15)

    def customer(self, n: int) -> Row:
        merged = n % 12 == 11
        return {
            "id": CUSTOMER + n,
            "active": not merged,
            "name": self.person(n),
            "type": "Commercial" if n % 4 == 3 else "Residential",
            "address": self._address("customer", n),
            "customFields": [],
            "balance": 0.0 if n % 3 else 125.5,
            "taxExempt": False,
            "tagTypeIds": [],
            "doNotMail": n % 5 == 4,
            "doNotService": n % 9 == 8,
            "nationalAccount": False,
            **self.times("customer", n),
            "mergedToId": CUSTOMER + n - 1 if merged else None,
            "paymentTermId": 71 if n % 4 == 1 else None,
            "creditLimit": 1000.0 if n % 4 == 3 else None,
            "creditLimitBalance": 900.0 if n % 4 == 3 else None,
            "externalData": [],
        }

    def location(self, n: int) -> Row:
        merged, closed = n % 10 == 9, n % 10 == 7
        return {
            "id": LOCATION + n,
            "customerId": CUSTOMER + n % self.customers,
            "active": not (merged or closed),
            "name": f"{self.person(n % self.customers)} {'Home' if n % 3 else 'Office'}",
            "address": self._address("location", n),
            "customFields": [{"typeId": 2, "name": "Roof", "value": "Shingle"}] if n % 4 == 1 else [],
            **self.times("location", n),
            "mergedToId": LOCATION + n - 1 if merged else None,
            "zoneId": 81 if n % 3 == 1 else None,
            "taxExempt": False,
            "tagTypeIds": [],
            "externalData": [],
            "taxZoneId": 91 if n % 5 == 1 else None,
        }

    def contacts(self, owner: str, first: int, first_owner: int, owners: int) -> list[Row]:
        """One row a value: each owner has a mobile number, most an e-mail address, some two, some a line."""
        kinds = [("MobilePhone", "Email"), ("MobilePhone", "Email", "Email"), ("MobilePhone", "Phone")]
        pairs = [(n, kind) for n in range(owners) for kind in kinds[n % 3]]
        return [self._contact(owner, first + index, first_owner + n, kind) for index, (n, kind) in enumerate(pairs)]

    def _contact(self, owner: str, key: int, owner_id: int, kind: str) -> Row:
        number = f"402555{key % 10000:04d}"
        preferences = {
            "jobRemindersEnabled": True,
            "marketingUpdatesEnabled": False,
            "invoiceStatementNotification": True,
        }
        return {
            "id": key,
            owner: owner_id,
            "active": True,
            "type": kind,
            "value": f"contact{key}@example.com" if kind == "Email" else number,
            "memo": "Owner" if key % 2 else None,
            # null for e-mail addresses is expected of live data, not documented
            "phoneSettings": None if kind == "Email" else {"phoneNumber": number, "doNotText": key % 5 == 0},
            "preferences": preferences if key % 3 else None,
            **self.times(owner, key, by=False),
        }

    def technician(self, n: int) -> Row:
        first, last = FIRST_NAMES[n % len(FIRST_NAMES)], "Tech" if n == 0 else LAST_NAMES[n % len(LAST_NAMES)]
        bare = n % 4 == 2
        row: Row = {
            "id": TECHNICIAN + n,
            "userId": 4101 + n,
            "name": f"{first} {last}",
            "roleIds": None if bare else [5],
            "businessUnitId": None if bare else 11,
            "mainZoneId": None,
            "zoneIds": None if bare else [],
            **self.times("technician", n, by=False),
            "email": None if bare else f"tech{n}@example.com",
            "phoneNumber": None if bare else f"402556{n % 10000:04d}",
            "mobilePhone": f"402557{n % 10000:04d}" if n % 4 == 1 else None,
            "loginName": None if bare else f"tech{n}",
            "home": None,
            "dailyGoal": 0,
            "isManagedTech": True,
            "licenseType": None if bare else "ManagedTech",
            "customFields": None if bare else [],
            "active": n % 5 != 4,
            "status": ("Idle", "Dispatched", "Working", "Meal")[n % 4],
            "team": "North" if n % 4 == 1 else None,
            **dict.fromkeys(("burdenRate", "hourlyRate", "commissionRate", "soldByRate"), 0),
            "skills": None if bare else [],
            "positions": None if bare else ["Service"],
            "location": None,
            "appoitmentId": None,
        }
        # recent additions: an older tenant answers `name` alone
        return row if n % 4 == 3 else {**row, "firstName": None if bare else first, "lastName": None if bare else last}

    def times(self, kind: str, n: int, *, by: bool = True) -> Row:
        created = self.now - timedelta(minutes=self.dice.below(150_000, kind, n) + 3_000)
        modified = created + timedelta(minutes=self.dice.below(2_900, kind, n, "modified"))
        times: Row = {"createdOn": iso(created), "modifiedOn": iso(modified)}
        return {**times, "createdById": 42} if by else times

    def person(self, n: int) -> str:
        return f"{FIRST_NAMES[n % len(FIRST_NAMES)]} {LAST_NAMES[n % len(LAST_NAMES)]}"

    def _address(self, kind: str, n: int) -> Row:
        city, state, _, postcode, latitude, longitude = self.dice.pick(CITIES, kind, n)
        placed = n % 4 != 3
        return {
            "street": f"{100 + n} {self.dice.pick(STREETS, kind, n)}",
            "unit": "B" if n % 6 == 5 else None,
            "city": city,
            "state": state,
            "zip": postcode,
            "country": "USA",
            "latitude": latitude if placed else None,
            "longitude": longitude if placed else None,
        }
