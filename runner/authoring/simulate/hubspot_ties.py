"""
HubSpot's associations: which objects belong together, under which labels.

Sources: the official OpenAPI file of associations v4, GitHub HubSpot/hubspot-api-nodejs src/enums/AssociationTypes.ts.
The numbers of notes are those that public clients send.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from runner.authoring.simulate.hubspot_data import COMPANY, CONTACT, DEAL
from runner.authoring.simulate.table import Row, Table

PLAIN: Mapping[tuple[str, str], int] = {
    ("contact", "company"): 279,
    ("company", "contact"): 280,
    ("contact", "deal"): 4,
    ("deal", "contact"): 3,
    ("deal", "company"): 341,
    ("company", "deal"): 342,
    ("note", "contact"): 202,
    ("contact", "note"): 201,
    ("note", "deal"): 214,
    ("deal", "note"): 213,
    ("note", "company"): 190,
    ("company", "note"): 189,
}
PRIMARY: Mapping[tuple[str, str], int] = {
    ("contact", "company"): 1,
    ("company", "contact"): 2,
    ("deal", "company"): 5,
    ("company", "deal"): 6,
}
OWN_LABEL, OWN_TYPE = "Decision maker", 57


@dataclass(frozen=True)
class End:
    """One end of an association."""

    kind: str
    id: str


@dataclass(frozen=True)
class Labels:
    """Whether it is the primary one, and whether it bears the account's own label."""

    primary: bool = False
    own: bool = False


class Ties:
    """All associations of an account, known from both ends."""

    def __init__(self) -> None:
        self._ties: defaultdict[End, dict[End, Labels]] = defaultdict(dict)

    def tie(self, one: End, other: End, labels: Labels = Labels()) -> bool:
        """Whether it is new."""
        new = other not in self._ties[one]
        self._ties[one][other] = self._ties[other][one] = labels
        return new

    def untie(self, one: End, other: End) -> None:
        del self._ties[one][other], self._ties[other][one]

    def of(self, end: End, kind: str) -> list[tuple[End, Labels]]:
        """What of another kind is tied to an object, in order of id."""
        found = [(other, labels) for other, labels in self._ties[end].items() if other.kind == kind]
        return sorted(found, key=lambda pair: int(pair[0].id))

    def move(self, old: End, new: End) -> None:
        """What was tied to one is now tied to the other."""
        for other, labels in list(self._ties[old].items()):
            self.tie(new, other, labels)
        self.forget(old)

    def forget(self, end: End) -> None:
        for other in list(self._ties[end]):
            self.untie(end, other)


def seeded(tables: Mapping[str, Table]) -> Ties:
    """Deals with none, one or two contacts and one company, of which some have none; contacts with their company."""
    ties = Ties()
    deals, contacts, companies = (len(tables[name]) for name in ("deals", "contacts", "companies"))
    for n in range(deals):
        deal = End("deal", str(DEAL + n))
        for more in range((1, 2, 0)[n % 3]):
            ties.tie(deal, End("contact", str(CONTACT + (n + more) % contacts)), Labels(own=n % 4 == 1 and more == 0))
        if n % 5 != 4:
            ties.tie(deal, End("company", str(COMPANY + n % companies)), Labels(primary=True))
    for n in range(contacts):
        if n % 4 == 0:
            ties.tie(
                End("contact", str(CONTACT + n)), End("company", str(COMPANY + n % companies)), Labels(primary=True)
            )
    return ties


def types(one: str, other: str, labels: Labels) -> list[Row]:
    """`associationTypes` of v4, read from one kind to the other."""
    found = [{"category": "HUBSPOT_DEFINED", "typeId": PLAIN[one, other], "label": None}]
    if labels.primary and (one, other) in PRIMARY:
        found.insert(0, {"category": "HUBSPOT_DEFINED", "typeId": PRIMARY[one, other], "label": "Primary"})
    if labels.own:
        found.append({"category": "USER_DEFINED", "typeId": OWN_TYPE, "label": OWN_LABEL})
    return found


def numbered(one: str, tie: tuple[End, Labels]) -> Row:
    """v4: the id is a number."""
    end, labels = tie
    return {"toObjectId": int(end.id), "associationTypes": types(one, end.kind, labels)}


def listed(one: str, ties: list[tuple[End, Labels]]) -> list[Row]:
    """v3: the id is a text, and comes once for each label."""
    found = []
    for end, labels in ties:
        name = f"{one}_to_{end.kind}"
        found.append({"id": end.id, "type": name})
        if labels.primary:
            found.append({"id": end.id, "type": f"{name}_unlabeled"})
    return found
