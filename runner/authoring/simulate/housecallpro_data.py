"""
The made-up company: customers and their addresses, jobs, estimates, employees.

Shapes follow the fixtures of GitHub amp-labs/connectors (providers/housecallPro/test). Rows hold what belongs to others
by id (`customer_id`, `address_id`, `employee_ids`); `housecallpro_shapes` shows them as the partner does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from runner.authoring.simulate.housecallpro_options import HousecallProOptions
from runner.authoring.simulate.seeded import CITIES, FIRST_NAMES, LAST_NAMES, STREETS, Dice
from runner.authoring.simulate.table import Row, Table

EMPLOYEES, TAGS = 6, ("vip", "gate", "dog")
JOB_STATES = (
    "needs scheduling",
    "scheduled",
    "in progress",
    "complete rated",
    "complete unrated",
    "user canceled",
    "pro canceled",
    "scheduled",
)


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def key(prefix: str, number: int) -> str:
    """`cus_00000000000000000000000000000001`."""
    return f"{prefix}_{number:032d}"


def number(key: str) -> int:
    """The number in an id."""
    return int(key.rpartition("_")[2])


def tables(now: datetime, dice: Dice, size: int, options: HousecallProOptions) -> dict[str, Table]:
    """A company with `size` jobs, half as many customers and a third as many estimates."""
    company = Company(now, dice, max(2, size // 2), options)
    customers = range(company.customers)
    rows = {
        "customers": [company.customer(n) for n in customers],
        "addresses": [address for n in customers for address in company.addresses(n)],
        "employees": [company.employee(n) for n in range(EMPLOYEES)],
        "jobs": [company.job(n) for n in range(size)],
        "estimates": [company.estimate(n) for n in range(size // 3)],
    }
    models = {"jobs": company.job(0), "estimates": company.estimate(0)}
    timeless = {"addresses", "employees"}
    return {
        name: Table(name, made, modified=None if name in timeless else "updated_at", model=models.get(name))
        for name, made in rows.items()
    }


class Company:
    """Makes one row of a kind from its number."""

    def __init__(self, now: datetime, dice: Dice, customers: int, options: HousecallProOptions) -> None:
        self.now = now
        self.dice = dice
        self.customers = customers
        self.locations = list(options.locations.items())

    def _own(self, n: int) -> Row:
        """The account: `company_name` is never the customer's firm. Each fifth thing is the other location's."""
        company_id, name = self.locations[n % 5 == 4]
        return {"company_name": name, "company_id": company_id}

    def _times(self, kind: str, n: int) -> Row:
        created = self.now - timedelta(days=3 + self.dice.below(200, kind, n), minutes=n)
        changed = created + timedelta(minutes=self.dice.below(4000, kind, "changed", n))
        return {"created_at": written(created), "updated_at": written(changed)}

    def customer(self, n: int) -> Row:
        firm = n % 3 == 1
        return {
            "id": key("cus", n + 1),
            "first_name": None if firm and n % 2 else FIRST_NAMES[n % len(FIRST_NAMES)],
            "last_name": None if firm and n % 2 else LAST_NAMES[n % len(LAST_NAMES)],
            "email": f"customer{n}@example.com" if n % 4 != 3 else None,
            "mobile_number": f"402555{n % 10000:04d}" if n % 2 == 0 else None,
            "home_number": f"402556{n % 10000:04d}" if n % 6 == 3 else None,
            "work_number": None,
            "company": f"{LAST_NAMES[n % len(LAST_NAMES)]} & Co" if firm else None,
            "notifications_enabled": True,
            "lead_source": "Referral" if n % 7 == 2 else None,
            "notes": "Prefers afternoons." if n % 3 == 0 else None,
            **self._times("customer", n),
            **self._own(n),
            "tags": ["vip"] if n % 5 == 0 else [],
            "kind": "business" if firm else "homeowner",
            "do_not_service": n % 9 == 8,
            "attachments": [],
        }

    def addresses(self, n: int) -> list[Row]:
        """One of service for each, a second of billing for some, none for some."""
        kinds = [] if n % 6 == 5 else ["service", "billing"] if n % 4 == 2 else ["service"]
        made = []
        for place, kind in enumerate(kinds):
            city, state, _, postcode, *_ = self.dice.pick(CITIES, "address", n, kind)
            street = f"{100 + n} {self.dice.pick(STREETS, 'address', n, kind)}"
            own: Row = {"street": street, "street_line_2": "Apt 4B" if n % 5 == 1 else None}
            where = {"city": city, "state": state, "zip": postcode, "country": "USA"}
            made.append(
                {"id": key("adr", 2 * n + place + 1), "type": kind, **own, **where, "customer_id": key("cus", n + 1)}
            )
        return made

    def employee(self, n: int) -> Row:
        """The same people work in the simulated host: links by e-mail find them."""
        return {
            "id": key("pro", n + 1),
            "first_name": FIRST_NAMES[n],
            "last_name": "Tech" if n == 0 else LAST_NAMES[n],
            "email": f"tech{n}@example.com",
            "mobile_number": f"555010{n:04d}" if n % 2 else None,
            "color_hex": "EF9159",
            "avatar_url": "https://example.com/a.png",
            "role": "office staff" if n == 1 else "field tech",
            "tags": [],
            "permissions": {"is_admin": n == 1},
            "created_at": written(self.now - timedelta(days=300 + n)),
            "company_name": self.locations[0][1],
            "company_id": self.locations[0][0],
            "active": n < EMPLOYEES - 1,
        }

    def _work(self, kind: str, n: int, state: str) -> Row:
        """What jobs and estimates have."""
        customer = self.dice.below(self.customers, kind, "customer", n)
        places = self.addresses(customer)
        start = self.now.replace(hour=14, minute=0, second=0, microsecond=0) + timedelta(
            days=self.dice.below(60, kind, "start", n) - 30
        )
        scheduled = state != "needs scheduling"
        done = state.startswith("complete")
        crew = [key("pro", 1 + (n + step) % (EMPLOYEES - 1)) for step in range(n % 3)] if scheduled else []
        return {
            "customer_id": key("cus", customer + 1),
            "address_id": places[0]["id"] if places else None,
            "work_status": state,
            "on_my_way_at": written(start - timedelta(minutes=20)) if done else None,
            "started_at": written(start) if done or state == "in progress" else None,
            "completed_at": written(start + timedelta(hours=2)) if done else None,
            "scheduled_start": written(start) if scheduled else None,
            "scheduled_end": written(start + timedelta(hours=2)) if scheduled else None,
            "arrival_window": 60 if n % 2 else 0,
            "appointments": self._appointments(kind, n, start, crew) if scheduled else [],
            "employee_ids": crew,
            "lead_source": None,
            "tags": [],
            "notes": [{"id": key("nte", n + 1), "content": "Call first"}] if n % 4 == 0 else [],
            "attachments": [],
            **self._times(kind, n),
            **self._own(n),
        }

    def _appointments(self, kind: str, n: int, start: datetime, crew: list[str]) -> list[Row]:
        """One, at its time; each eighth job has a second one, at any time of a day."""
        base = {"job": 0, "estimate": 500_000}[kind] + 10 * n
        first = appointment(key("appt", base + 1), start, start + timedelta(hours=2), crew)
        if kind == "estimate" or n % 8 != 7:
            return [first]
        day = (start + timedelta(days=2)).date().isoformat()
        later = {"start_time": None, "end_time": None, "start_date": day, "anytime": True, "arrival_window_minutes": 0}
        return [first, {**first, "id": key("appt", base + 2), **later}]

    def job(self, n: int) -> Row:
        state = JOB_STATES[n % len(JOB_STATES)]
        total = 100 * self.dice.below(5000, "total", n) if n % 6 else 0
        work = self._work("job", n, state)
        paid = state == "complete rated"
        return {
            "id": key("job", n + 1),
            "invoice_number": str(n + 7),
            "description": "Replace gutters" if n % 3 else "",
            **work,
            "total_amount": total,
            "outstanding_balance": 0 if paid else total,
            "subtotal": total,
            "original_estimate_id": None,
            "job_type": "Repair" if n % 2 else None,
            "locked_at": None,
            "canceled_at": work["updated_at"] if state.endswith("canceled") else None,
            "deleted_at": work["updated_at"] if n % 11 == 10 else None,
            "links": [],
        }

    def estimate(self, n: int) -> Row:
        """Options with every answer that is known."""
        words: list[tuple[str | None, ...]] = [
            (None,),
            ("approved",),
            ("declined", "declined"),
            ("pro approved", "declined"),
            (None, None),
            (),
        ]
        state = ("needs scheduling", "scheduled", "complete unrated", "pro canceled")[n % 4]
        work = self._work("estimate", n, state)
        stamps = {name: work[name] for name in ("created_at", "updated_at")}
        options = [self.option(10 * n + place + 1, n, place, word, stamps) for place, word in enumerate(words[n % 6])]
        return {"id": key("csr", n + 1), "estimate_number": str(n + 8), **work, "options": options, "job_type": None}

    def option(self, number: int, n: int, place: int, approval: str | None, stamps: Row) -> Row:
        return {
            "id": key("est", number),
            "name": f"Option #{place + 1}",
            "option_number": f"{n + 8}-{place + 1}",
            "total_amount": 100 * self.dice.below(9000, "option", number),
            "approval_status": approval,
            "status": "needs scheduling",
            "message_from_pro": None,
            "tags": [],
            "notes": [],
            **stamps,
            "attachments": [],
        }


def appointment(own: str, start: datetime, end: datetime, crew: list[str], window: int = 60) -> Row:
    """The full form of an appointment."""
    times: dict[str, Any] = {"start_time": written(start), "end_time": written(end)}
    day = start.astimezone(UTC).date().isoformat()
    return {
        "id": own,
        **times,
        "arrival_window_minutes": window,
        "start_date": day,
        "anytime": False,
        "dispatched_employees_ids": list(crew),
    }
