"""
HubSpot's made-up account: deals, contacts, companies, owners and notes.

Every property is a text or null. A row holds the properties by their names, and `id`, `archived`, `archivedAt`,
`created`, `updated`; `shown` makes of it what the partner shows. Deals and companies tell their change as
`hs_lastmodifieddate`, contacts as `lastmodifieddate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from runner.authoring.simulate.hubspot_pipelines import STAGES
from runner.authoring.simulate.seeded import CITIES, FIRST_NAMES, LAST_NAMES, STREETS, Dice
from runner.authoring.simulate.table import Row, Table

DEAL, CONTACT, COMPANY, OWNER, NOTE = 5550001, 51, 9900000001, 8877, 66001
OWNERS = 4
OWN = ("id", "archived", "archivedAt", "created", "updated")


@dataclass(frozen=True)
class Kind:
    """
    A kind of object.

    Args:
        name: in the singular, as events name it. type_id: usable in paths in place of the table's name.
        modified: the property that tells the last change.
        defaults: the properties that come unasked. needs: those that a new one must have.
        made: the property that tells when it was made. told: do webhooks tell of it?
    """

    name: str
    table: str
    type_id: str
    modified: str
    defaults: tuple[str, ...]
    numbers: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()
    made: str = "createdate"
    told: bool = True


DEALS = Kind(
    "deal",
    "deals",
    "0-3",
    "hs_lastmodifieddate",
    ("amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id", "pipeline"),
    numbers=frozenset({"amount"}),
    dates=frozenset({"closedate"}),
)
CONTACTS = Kind(
    "contact",
    "contacts",
    "0-1",
    "lastmodifieddate",
    ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
)
COMPANIES = Kind(
    "company",
    "companies",
    "0-2",
    "hs_lastmodifieddate",
    ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
)
NOTES = Kind(
    "note",
    "notes",
    "0-46",
    "hs_lastmodifieddate",
    ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
    dates=frozenset({"hs_timestamp"}),
    needs=("hs_timestamp",),
    made="hs_createdate",
    told=False,
)
ALL = (DEALS, CONTACTS, COMPANIES, NOTES)
KINDS: Mapping[str, Kind] = {key: kind for kind in ALL for key in (kind.table, kind.type_id)}
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in ALL}


def written(moment: datetime) -> str:
    """As the partner writes its times: UTC with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def properties(kind: Kind, row: Row) -> Row:
    """Every property of an object, the partner's own ones included."""
    own = {name: value for name, value in row.items() if name not in OWN}
    times = {kind.made: written(row["created"]), kind.modified: written(row["updated"])}
    return {**own, **times, "hs_object_id": row["id"]}


def shown(kind: Kind, row: Row, asked: Iterable[str] = ()) -> Row:
    """An object as the partner shows it: the default properties, and those asked for that it has."""
    known = properties(kind, row)
    names = dict.fromkeys([*(asked or kind.defaults), "hs_object_id", kind.made, kind.modified])
    gone = {"archivedAt": written(row["archivedAt"])} if row["archived"] else {}
    return {
        "id": row["id"],
        "properties": {name: known[name] for name in sorted(names) if name in known},
        "createdAt": written(row["created"]),
        "updatedAt": written(row["updated"]),
        "archived": row["archived"],
        **gone,
    }


def tables(now: datetime, dice: Dice, size: int) -> dict[str, Table]:
    """An account with `size` deals, as many contacts and half as many companies."""
    if size < 1:
        msg = f"a simulated HubSpot has one deal at least: give a size of 1 or more, not {size}"
        raise ValueError(msg)
    account = Account(now, dice)
    rows = {
        "deals": [account.deal(n) for n in range(size)],
        "contacts": [account.contact(n) for n in range(size)],
        "companies": [account.company(n) for n in range(max(1, size // 2))],
        "owners": [account.owner(n) for n in range(OWNERS)],
    }
    made = {name: Table(name, kind, modified="updated") for name, kind in rows.items()}
    return {**made, "notes": Table("notes", [], modified="updated", model=account.note())}


class Account:
    """Makes one row of a kind from its number."""

    def __init__(self, now: datetime, dice: Dice) -> None:
        self.now = now.replace(microsecond=456_000)
        self.dice = dice

    def deal(self, n: int) -> Row:
        pipeline, stage, _, closed, won = STAGES[n % len(STAGES)]
        cents = self.dice.below(5_000_000, "deal", n)
        return {
            **self._object("deal", DEAL + n, n, archived=n % 11 == 10),
            "dealname": f" Roof replacement {n + 1} " if n % 7 == 3 else f"Roof replacement {n + 1}",
            "amount": f"{cents / 100:.2f}" if n % 5 != 4 else None,
            "closedate": f"{(self.now + timedelta(days=n % 60 - 30)).date()}T16:00:00Z" if n % 6 != 5 else None,
            "pipeline": pipeline,
            "dealstage": stage,
            "hubspot_owner_id": str(OWNER + n % OWNERS) if n % 4 != 3 else None,
            "hs_is_closed": str(closed).lower(),
            "hs_is_closed_won": str(won).lower(),
            "description": None,
        }

    def contact(self, n: int) -> Row:
        first, last = FIRST_NAMES[n % len(FIRST_NAMES)], LAST_NAMES[n % len(LAST_NAMES)]
        phone, mobile = f"(402) 555-{n % 10_000:04d}", f"+1402556{n % 10_000:04d}"
        return {
            **self._object("contact", CONTACT + n, n, archived=n % 13 == 12),
            "email": f"contact{n}@example.com" if n % 5 != 4 else None,
            "firstname": first if n % 6 != 5 else None,
            "lastname": last if n % 7 != 6 else None,
            "phone": phone if n % 3 != 2 else None,
            "mobilephone": mobile if n % 4 == 1 or n % 5 == 4 else None,
            "company": f"{last} Homes" if n % 4 == 0 else None,
            **self._address("contact", n),
            "hubspot_owner_id": str(OWNER + n % OWNERS) if n % 2 else None,
        }

    def company(self, n: int) -> Row:
        last = LAST_NAMES[n % len(LAST_NAMES)]
        return {
            **self._object("company", COMPANY + n, n, archived=n % 17 == 16),
            "name": f"{last} Homes {n}" if n % 5 != 4 else None,
            "domain": f"Company{n}.example.com" if n % 3 != 2 or n % 5 == 4 else None,
            "phone": f"402-555-{n % 10_000:04d}" if n % 2 else None,
            **self._address("company", n),
            "hubspot_owner_id": None,
        }

    def note(self) -> Row:
        """What new notes are made from; the account has none yet."""
        names = ("hs_note_body", "hs_timestamp", "hubspot_owner_id", "hs_attachment_ids")
        return {**self._object("note", NOTE, 0, archived=False), **dict.fromkeys(names)}

    def owner(self, n: int) -> Row:
        """The id is not the user's."""
        created = self.now - timedelta(days=300 + n)
        return {
            "id": str(OWNER + n),
            "email": f"owner{n}@example.com",
            "firstName": FIRST_NAMES[n],
            "lastName": LAST_NAMES[n] if n != 2 else "",
            "userId": 2210 + n,
            "archived": n == OWNERS - 1,
            "created": created,
            "updated": created + timedelta(days=1),
        }

    def _object(self, kind: str, number: int, n: int, *, archived: bool) -> Row:
        created = self.now - timedelta(minutes=self.dice.below(150_000, kind, n) + 3_000)
        updated = created + timedelta(minutes=self.dice.below(2_900, kind, n))
        gone = updated if archived else None
        return {"id": str(number), "archived": archived, "archivedAt": gone, "created": created, "updated": updated}

    def _address(self, kind: str, n: int) -> Row:
        city, region, _, code, *_ = self.dice.pick(CITIES, kind, n)
        there = n % 4 != 3
        return {
            "address": f"{100 + n} {self.dice.pick(STREETS, kind, n)}" if there else None,
            "city": city if there else None,
            "state": region if there else None,
            "zip": code if there and n % 6 != 5 else None,
            "country": "United States" if there else None,
        }


def shown_owner(row: Row) -> Row:
    times = {"createdAt": written(row["created"]), "updatedAt": written(row["updated"])}
    return {**{name: value for name, value in row.items() if name not in {"created", "updated"}}, **times}
