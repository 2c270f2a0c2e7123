"""
What the made-up company of the simulated Pipedrive has, thing by thing.

Some deals are archived, won, lost or deleted, some persons have no address, no organization or no last name, some leads
no value.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from runner.authoring.simulate.pipedrive_kinds import ADDRESS_PARTS, CustomField
from runner.authoring.simulate.pipedrive_oauth import ADMIN
from runner.authoring.simulate.seeded import CITIES, FIRST_NAMES, LAST_NAMES, STREETS, Dice
from runner.authoring.simulate.table import Row

DEAL, PERSON, ORGANIZATION, ACTIVITY, PRODUCT = 42, 1101, 5, 8001, 301
USERS = 4
STAGES = ((1, 1, "Lead in"), (2, 1, "Contact made"), (3, 1, "Proposal"), (4, 2, "Asked"), (5, 2, "Booked"))
CURRENCIES = ("EUR", "USD", "EUR", "JPY")
COUNTRIES = {"NE": "United States", "CO": "United States", "IA": "United States"}


class Company:
    """Makes one row of a kind from its number."""

    def __init__(self, now: datetime, dice: Dice, size: int, fields: tuple[CustomField, ...]) -> None:
        self.now = now
        self.dice = dice
        self.size = size
        self.organizations = max(1, size // 2)
        self.job, self.deposit, self.crew, self.crews = (field.key for field in fields)

    def _times(self, n: int, *, apart: int = 37) -> Row:
        """Made and changed some time ago, no two kinds alike."""
        made = self.now - timedelta(days=400, minutes=apart * n)
        return {"add_time": made, "update_time": self.now - timedelta(days=30, minutes=apart * n)}

    def deal(self, n: int) -> Row:
        status = ("open", "open", "won", "lost", "open", "open")[n % 6]
        deleted = n % 17 == 16
        times = self._times(n)
        if deleted:
            times["update_time"] = self.now - timedelta(days=5, minutes=n)
        closed = times["update_time"] if status in {"won", "lost"} else None
        stage, pipeline, _ = STAGES[n % len(STAGES)]
        value = (12500, 2300.5, 0, 999.99)[n % 4] if n % 7 != 6 else None
        return {
            "id": DEAL + n,
            "title": f"Roof replacement {n}" if n % 9 != 8 else f"  Dach & Söhne {n} ",
            "creator_user_id": ADMIN,
            "owner_id": ADMIN + n % USERS,
            "value": value,
            "person_id": PERSON + n if n % 5 != 4 else None,
            "org_id": ORGANIZATION + n % self.organizations if n % 4 != 3 else None,
            "stage_id": stage,
            "pipeline_id": pipeline,
            "currency": CURRENCIES[n % 4],
            "archive_time": times["update_time"] if n % 11 == 10 else None,
            **times,
            "stage_change_time": times["update_time"] - timedelta(days=1),
            "status": "deleted" if deleted else status,
            "is_archived": n % 11 == 10,
            "is_deleted": deleted,
            "probability": None,
            "lost_reason": "Too dear" if status == "lost" else None,
            "visible_to": 3,
            "close_time": closed,
            "won_time": closed if status == "won" else None,
            "lost_time": closed if status == "lost" else None,
            "local_won_date": closed.strftime("%Y-%m-%d") if closed and status == "won" else None,
            "local_lost_date": closed.strftime("%Y-%m-%d") if closed and status == "lost" else None,
            "local_close_date": closed.strftime("%Y-%m-%d") if closed else None,
            "expected_close_date": "2026-04-30" if n % 3 == 0 else None,
            "label_ids": [1, 4] if n % 2 else [],
            "origin": "ManuallyCreated",
            "origin_id": None,
            "channel": None,
            "channel_id": None,
            "acv": None,
            "arr": None,
            "mrr": None,
            "custom_fields": self._custom(n),
        }

    def _custom(self, n: int) -> Row:
        return {
            self.job: f"JOB-{1001 + n}" if n % 3 == 0 else None,
            self.deposit: {"value": 2300, "currency": "EUR"} if n % 4 == 0 else None,
            self.crew: 123 if n % 2 else None,
            self.crews: [123, 456] if n % 5 == 0 else None,
        }

    def person(self, n: int) -> Row:
        first = self.dice.pick(FIRST_NAMES, "first", n)
        last = self.dice.pick(LAST_NAMES, "last", n)
        mail = {"value": f"person{n}@example.com", "primary": True, "label": "work"}
        old = {"value": f"old{n}@example.com", "primary": False, "label": "home"}
        phone = {"value": f"+1402555{n % 10_000:04d}", "primary": True, "label": "work"}
        return {
            "id": PERSON + n,
            "name": f"{first} {last}",
            "first_name": first,
            "last_name": last if n % 8 != 7 else None,
            "owner_id": ADMIN + n % USERS,
            "org_id": ORGANIZATION + n % self.organizations if n % 3 != 2 else None,
            **self._times(n, apart=41),
            "emails": [old, mail] if n % 6 == 5 else [mail] if n % 4 != 3 else [],
            "phones": [phone] if n % 5 != 4 else [],
            "is_deleted": False,
            "visible_to": 3,
            "label_ids": [],
            "picture_id": None,
            "custom_fields": {},
        }

    def organization(self, n: int) -> Row:
        city, region, state, postal_code, *_ = self.dice.pick(CITIES, "city", n)
        street, house = self.dice.pick(STREETS, "street", n), str(100 + n)
        parts = (COUNTRIES[region], state, None, city, None, street, house, None, postal_code)
        address: Row = {"value": f"{house} {street}, {city}", **dict(zip(ADDRESS_PARTS, parts, strict=True))}
        return {
            "id": ORGANIZATION + n,
            "name": f"Example Roofing {n}",
            "owner_id": ADMIN + n % USERS,
            **self._times(n, apart=43),
            "address": address if n % 6 != 5 else None,
            "is_deleted": False,
            "visible_to": 3,
            "label_ids": [],
            "custom_fields": {},
        }

    def lead(self, n: int) -> Row:
        return {
            "id": f"00000000-0000-4000-8000-{0xA1 + n:012x}",
            "title": f"Gutter lead {n}",
            "owner_id": ADMIN + n % USERS,
            "creator_id": ADMIN,
            "label_ids": ["00000000-0000-4000-8000-0000000000b1"] if n % 2 else [],
            "person_id": PERSON + n,
            "organization_id": None if n % 2 else ORGANIZATION + n % self.organizations,
            "source_name": "API",
            "origin": "API",
            "origin_id": None,
            "channel": None,
            "channel_id": None,
            "is_archived": n % 7 == 6,
            "was_seen": False,
            "value": {"amount": 999, "currency": "EUR"} if n % 3 != 2 else None,
            "expected_close_date": None,
            "next_activity_id": None,
            **self._times(n, apart=47),
            "visible_to": "3",
            "cc_email": f"example+1+lead{n}@pipedrivemail.com",
            "custom_fields": {self.job: f"JOB-{5001 + n}"} if n % 2 else {},
        }

    def activity(self, n: int) -> Row:
        return {
            "id": ACTIVITY + n,
            "subject": f"Call {n}",
            "type": "call",
            "owner_id": ADMIN + n % USERS,
            "deal_id": DEAL + n,
            "org_id": None,
            "due_date": "2026-05-10",
            "due_time": "09:30:00" if n % 2 else None,
            "duration": "00:30:00" if n % 2 else None,
            "done": n % 3 == 0,
            "note": None,
            "is_deleted": False,
            **self._times(n, apart=53),
        }

    def product(self, n: int) -> Row:
        return {
            "id": PRODUCT + n,
            "name": f"Shingles {n}",
            "code": f"SH-{n}",
            "description": None,
            "unit": "bundle",
            "tax": 0,
            "owner_id": ADMIN,
            "prices": [{"product_id": PRODUCT + n, "price": 35.5, "currency": "EUR", "cost": 20}],
            "is_deleted": False,
            "custom_fields": {},
            **self._times(n, apart=59),
        }

    def user(self, n: int) -> Row:
        made = self.now - timedelta(days=900 - n)
        return {
            "id": ADMIN + n,
            "name": f"{FIRST_NAMES[n]} {LAST_NAMES[n]}",
            "email": f"user{n}@example.com",
            "phone": None,
            "lang": 1,
            "locale": "en_US",
            "timezone_name": "America/Chicago",
            "default_currency": "EUR",
            "active_flag": n != USERS - 1,
            "is_admin": int(n == 0),
            "created": made,
            "modified": made,
        }

    def pipeline(self, number: int, name: str) -> Row:
        return {"id": number, "name": name, "order_nr": number, "is_deleted": False, **self._times(number)}

    def stage(self, number: int, pipeline: int, name: str) -> Row:
        order = {"order_nr": number, "is_deal_rot_enabled": False, "days_to_rotten": None}
        return {
            "id": number,
            "name": name,
            "pipeline_id": pipeline,
            **order,
            "is_deleted": False,
            **self._times(number),
        }
