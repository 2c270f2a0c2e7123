"""
Jobber's made-up account: users, clients, properties, jobs, visits.

Names and nullability follow public notes of the live schema's introspection and the object summaries at
developer.getjobber.com/docs. A row holds what the schema shows, and `clientId`, `propertyId`, `jobId`,
`userIds` for what its resolvers follow. Each field that may be null is null somewhere.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

from runner.authoring.simulate.seeded import CITIES, FIRST_NAMES, LAST_NAMES, STREETS, Dice
from runner.authoring.simulate.table import Row, Table

CLIENT, PROPERTY, JOB, VISIT, USER, ADDRESS = 123, 456, 321, 789, 9, 78
USERS = 5
JOB_STATUSES = ("upcoming", "active", "late", "requires_invoicing", "archived", "unscheduled", "on_hold")


def gid(kind: str, number: int) -> str:
    """An opaque id: base64 of `gid://Jobber/<kind>/<number>`."""
    return base64.b64encode(f"gid://Jobber/{kind}/{number}".encode()).decode()


def number_of(key: str) -> int:
    """The number within an id."""
    return int(base64.b64decode(key).decode().rpartition("/")[2])


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def tables(now: datetime, dice: Dice, size: int) -> dict[str, Table]:
    """An account with `size` clients, about as many properties and visits, and half as many jobs."""
    if size < 1:
        msg = f"a simulated Jobber has one client at least: give a size of 1 or more, not {size}"
        raise ValueError(msg)
    account = Account(now, dice, size)
    jobs = [account.job(n) for n in range(max(1, size // 2))]
    rows = {
        "users": ([account.user(n) for n in range(USERS)], None),
        "clients": ([account.client(n) for n in range(size)], "updatedAt"),
        "properties": ([account.property(n) for n in range(size)], None),
        "jobs": (jobs, "updatedAt"),
        "visits": ([account.visit(n, jobs[n % len(jobs)]) for n in range(size)], None),
    }
    return {name: Table(name, kind, modified=modified) for name, (kind, modified) in rows.items()}


class Account:
    """Makes one row of a kind from its number."""

    def __init__(self, now: datetime, dice: Dice, size: int) -> None:
        self.now = now
        self.dice = dice
        self.size = size

    def user(self, n: int) -> Row:
        first, last = FIRST_NAMES[n], "Tech" if n == 0 else LAST_NAMES[n]
        return {
            "id": gid("User", USER + n),
            "name": {"first": first, "last": last, "full": f"{first} {last}"},
            "email": {"raw": f"tech{n}@example.com", "isValid": True},
            # the partner's values of this enum were not to be had
            "status": "DEACTIVATED" if n == USERS - 1 else "ACTIVATED",
            "createdAt": iso(self.now - timedelta(days=400 + n)),
        }

    def client(self, n: int) -> Row:
        company = n % 4 == 3
        created = self._past("client", n)
        address = self._address("client", n)
        return {
            "id": gid("Client", CLIENT + n),
            # non-null by the schema: a company without a person has empty names
            "firstName": "" if company else FIRST_NAMES[n % len(FIRST_NAMES)],
            "lastName": "" if company else LAST_NAMES[n % len(LAST_NAMES)],
            "companyName": f"{LAST_NAMES[n % len(LAST_NAMES)]} & Sons" if n % 4 >= 2 else None,
            "secondaryName": "Front office" if n % 6 == 5 else None,
            "title": "MRS" if n % 5 == 2 else None,
            "isCompany": company,
            "isLead": n % 7 == 6,
            "isArchived": n % 9 == 8,
            "isArchivable": True,
            "balance": 0.0 if n % 3 else 75.5,
            "billingAddress": address if n % 6 != 4 else None,
            "billingAddressPresent": n % 6 != 4,
            "emails": self._emails(n),
            "phones": self._phones(n),
            "receivesReminders": True,
            "createdAt": iso(created),
            "updatedAt": iso(created + timedelta(minutes=self.dice.below(2_900, "client", n))),
        }

    def property(self, n: int) -> Row:
        """Each client has one, but each sixth has none and its neighbour has two."""
        owner = n - 1 if n % 6 == 5 else n
        *_, latitude, longitude = self.dice.pick(CITIES, "property", n)
        place = {"latitudeString": str(latitude), "longitudeString": str(longitude)}
        return {
            "id": gid("Property", PROPERTY + n),
            "clientId": gid("Client", CLIENT + owner),
            "name": "Lake house" if n % 6 == 5 else None,
            "isBillingAddress": n % 6 != 5,
            "routingOrder": n if n % 2 else None,
            "address": {
                "id": gid("PropertyAddress", ADDRESS + n),
                **self._address("property", n),
                "name": None,
                "geoStatus": "NOT_FOUND" if n % 5 == 4 else "FOUND",
                "coordinates": None if n % 5 == 4 else place,
            },
        }

    def job(self, n: int) -> Row:
        created, place = self._past("job", n), self.property((2 * n) % self.size)
        return {
            "id": gid("Job", JOB + n),
            "jobNumber": 4517 + n,
            "title": "Inspection" if n % 3 else None,
            "instructions": "Dog in the yard" if n % 4 == 1 else None,
            "jobStatus": JOB_STATUSES[n % len(JOB_STATUSES)],
            "jobType": "RECURRING" if n % 3 == 2 else "ONE_OFF",
            "clientId": place["clientId"],
            "propertyId": place["id"],
            "createdAt": iso(created),
            "updatedAt": iso(created + timedelta(minutes=self.dice.below(2_900, "job", n))),
        }

    def visit(self, n: int, job: Row) -> Row:
        """A visit two weeks back to four weeks ahead; each eighth is not scheduled."""
        start = self.now.replace(minute=0, second=0, microsecond=0) + timedelta(days=n % 42 - 14, hours=n % 6)
        scheduled, done = n % 8 != 7, n % 8 != 7 and n % 42 < 12 and n % 5 != 4
        end = start + timedelta(hours=2)
        return {
            "id": gid("Visit", VISIT + n),
            "title": f"Visit {n + 1}" if n % 4 != 3 else None,
            "visitStatus": self._status(scheduled, done, start),
            "startAt": iso(start) if scheduled else None,
            "endAt": iso(end) if scheduled and n % 9 != 6 else None,
            "allDay": False,
            "duration": 120 if scheduled else None,
            "isComplete": done,
            "completedAt": iso(end) if done else None,
            "completedBy": "Sample Tech" if done else None,
            "createdAt": iso(self._past("visit", n)),
            "clientConfirmed": n % 3 == 1,
            "instructions": "Ring twice" if n % 4 == 1 else None,
            "isDefaultTitle": n % 4 == 3,
            "isLastScheduledVisit": True,
            "overrideOrder": n if n % 5 == 1 else None,
            "routingOrder": n if n % 5 == 2 else None,
            "userIds": [gid("User", USER + n % (USERS - 1) + more) for more in range((1, 2, 1, 0)[n % 4])],
            "jobId": job["id"],
            "clientId": job["clientId"],
            "propertyId": job["propertyId"],
        }

    def _status(self, scheduled: bool, done: bool, start: datetime) -> str:
        if not scheduled:
            return "UNSCHEDULED"
        if done:
            return "COMPLETED"
        if start.date() == self.now.date():
            return "TODAY"
        return "UPCOMING" if start > self.now else "LATE"

    def _emails(self, n: int) -> list[Row]:
        """None, one or two; where there are two, either may be the primary one, or neither."""
        count = (1, 2, 1, 0, 2)[n % 5]
        chosen = 1 if n % 10 == 4 else None if n % 10 == 9 else 0
        return [
            {"address": f"client{n}.{place}@example.com", "primary": place == chosen, "description": "MAIN"}
            for place in range(count)
        ]

    def _phones(self, n: int) -> list[Row]:
        return [
            {"number": f"402-555-{(10 * n + place) % 10000:04d}", "primary": place == 0, "smsAllowed": place == 0}
            | {"description": "MAIN" if place == 0 else "MOBILE"}
            for place in range((1, 2, 0)[n % 3])
        ]

    def _past(self, kind: str, n: int) -> datetime:
        return self.now - timedelta(minutes=self.dice.below(150_000, kind, n) + 3_000)

    def _address(self, kind: str, n: int) -> Row:
        city, _, province, postcode, *_ = self.dice.pick(CITIES, kind, n)
        street1, street2 = f"{100 + n} {self.dice.pick(STREETS, kind, n)}", "Unit B" if n % 6 == 5 else ""
        return {
            "street": " ".join((street1, street2)).strip(),
            "street1": street1,
            "street2": street2,
            "city": city,
            "province": province,
            "postalCode": postcode if n % 7 != 6 else None,
            "country": "United States",
        }
