"""
What HubSpot does to objects: create, change, archive, restore, merge; and what it refuses.

Sources: the official OpenAPI files (CRM v3) and developers.hubspot.com error-handling. Codes of single properties
beside INVALID_INTEGER are this module's choice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from runner.authoring.simulate.answers import Refusal
from runner.authoring.simulate.hubspot_data import BY_NAME, OWN, Kind
from runner.authoring.simulate.hubspot_errors import Errors, detail
from runner.authoring.simulate.hubspot_pipelines import STAGES
from runner.authoring.simulate.hubspot_ties import PLAIN, PRIMARY, End, Ties
from runner.authoring.simulate.table import Row, Table

CALCULATED = {
    "hs_object_id",
    "createdate",
    "hs_createdate",
    "lastmodifieddate",
    "hs_lastmodifieddate",
    "hs_is_closed",
    "hs_is_closed_won",
}
LONGEST_NOTE = 65_536
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
CLOSED: Mapping[str, Row] = {
    stage: {"hs_is_closed": str(closed).lower(), "hs_is_closed_won": str(won).lower()}
    for _, stage, _, closed, won in STAGES
}


class Account(Protocol):
    """What the objects live in."""

    ties: Ties
    errors: Errors

    def table(self, what: str) -> Table: ...

    def add(self, what: str, **fields: Any) -> Any: ...

    def change(self, what: str, id: str | int, **fields: Any) -> None: ...  # noqa: A002 - the partner's word

    def merge(self, kind: str, primary: str, away: str) -> str: ...


class Writes:
    """Writes to the objects of an account; `now` stamps what is archived."""

    def __init__(self, account: Account, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now

    def found(self, kind: Kind, key: str, column: str = "id", *, archived: bool = False) -> Row:
        """Raises Refusal: what is archived is not found unless asked for."""
        table = self._account.table(kind.table)
        row = table.get(key) if column == "id" else next(iter(table.having(column, key)), None)
        if row is None or row["archived"] != archived:
            raise self._account.errors.refusal(404, "Object not found.  objectId are usually numeric.")
        return row

    def create(self, kind: Kind, body: Any) -> Row:
        """Raises Refusal."""
        given = self._given(kind, body)
        self._check_needs(kind, given)
        self._check_email(kind, given, "")
        ends = [self._end(kind, tie) for tie in body.get("associations") or []]
        blank: Row = {name: None for name in self._account.table(kind.table).model() if name not in OWN}
        fields = {**blank, **given, "archived": False, "archivedAt": None}
        if kind.name == "deal":
            stage = given.get("dealstage") or STAGES[0][1]
            fields |= {"dealstage": stage, "pipeline": given.get("pipeline") or STAGES[0][0], **CLOSED[stage]}
        row = self._account.table(kind.table).row(self._account.add(kind.table, **fields))
        for end in ends:
            self._account.ties.tie(End(kind.name, row["id"]), end)
        return row

    def update(self, kind: Kind, row: Row, body: Any) -> Row:
        """Raises Refusal."""
        given = self._given(kind, body)
        self._check_email(kind, given, row["id"])
        if kind.name == "deal" and given.get("dealstage"):
            given |= CLOSED[given["dealstage"]]
        self._account.change(kind.table, row["id"], **given)
        return row

    def archive(self, kind: Kind, key: str) -> None:
        """What is not there any more may be archived again."""
        row = self._account.table(kind.table).get(key)
        if row is not None and not row["archived"]:
            self._account.change(kind.table, key, archived=True, archivedAt=self._now())

    def merge(self, kind: Kind, body: Any) -> Row:
        """Two become a third. Raises Refusal."""
        given = body if isinstance(body, dict) else {}
        primary, away = (self.found(kind, str(given.get(name))) for name in ("primaryObjectId", "objectIdToMerge"))
        return self._account.table(kind.table).row(self._account.merge(kind.name, primary["id"], away["id"]))

    def _given(self, kind: Kind, body: Any) -> Row:
        """The properties that are written, as texts. Raises Refusal."""
        given = body.get("properties") if isinstance(body, dict) else None
        if not isinstance(given, dict):
            raise self._account.errors.refusal(400, "Invalid input JSON: properties is missing")
        texts = {name: None if value in (None, "") else _text(value) for name, value in given.items()}
        flaws = [flaw for name, value in texts.items() if (flaw := self._flaw(kind, name, value))]
        if flaws:
            raise self._account.errors.refusal(400, "Property values were not valid", *flaws)
        return texts

    def _flaw(self, kind: Kind, name: str, value: str | None) -> Row | None:
        if name not in self._account.table(kind.table).model() or name in OWN or name in CALCULATED:
            code = "READ_ONLY_VALUE" if name in CALCULATED else "PROPERTY_DOESNT_EXIST"
            return detail(code, f'Property "{name}" cannot be written', propertyName=name)
        if value is not None and name in kind.numbers and not re.fullmatch(r"-?\d+(\.\d+)?", value):
            return detail("INVALID_INTEGER", f"{value} was not a valid long.", propertyName=name)
        if value is not None and name == "email" and not EMAIL.fullmatch(value):
            return detail("INVALID_EMAIL", f"Email address {value} is invalid", propertyName=name)
        if value is not None and name == "hs_timestamp" and not _is_time(value):
            return detail("INVALID_DATE", f"{value} was not a valid date", propertyName=name)
        if value is not None and name == "hs_note_body" and len(value) > LONGEST_NOTE:
            return detail("INVALID_LENGTH", f"{name} is longer than {LONGEST_NOTE}", propertyName=name)
        if name == "dealstage" and value is not None and value not in CLOSED:
            return detail("INVALID_OPTION", f"{value} was not one of the allowed options", propertyName=name)
        return None

    def _check_needs(self, kind: Kind, given: Row) -> None:
        lacking = [name for name in kind.needs if given.get(name) is None]
        if lacking:
            flaws = [detail("MISSING_REQUIRED_PROPERTY", f"{name} is required", propertyName=name) for name in lacking]
            message = f"Error creating {kind.name.upper()}. Some required properties were not set."
            raise self._account.errors.refusal(400, message, *flaws)

    def _check_email(self, kind: Kind, given: Row, own: str) -> None:
        same = self._account.table(kind.table).having("email", given["email"]) if given.get("email") else []
        other = next((row for row in same if row["id"] != own and not row["archived"]), None)
        if kind.name == "contact" and other is not None:
            raise self._account.errors.refusal(409, f"Contact already exists. Existing ID: {other['id']}")

    def _end(self, kind: Kind, tie: Row) -> End:
        """What a new object is tied to, by the number of the association. Raises Refusal."""
        end, wanted = str(tie.get("to", {}).get("id")), {one.get("associationTypeId") for one in tie.get("types", [])}
        for (one, other), number in [*PLAIN.items(), *PRIMARY.items()]:
            if one == kind.name and number in wanted:
                return End(other, self.found(BY_NAME[other], end)["id"])
        raise self._account.errors.refusal(400, f"Invalid association type for {kind.name}")


def _text(value: Any) -> str:
    """Whatever is written reads as a text later."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_time(value: str) -> bool:
    """ISO 8601, or milliseconds."""
    if re.fullmatch(r"\d+", value):
        return True
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def tried(act: Callable[[], Row]) -> Row | Refusal:
    """What an item of a batch came to."""
    try:
        return act()
    except Refusal as refusal:
        return refusal
