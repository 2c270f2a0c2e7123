"""
Pipedrive's kinds of things: what may be written to each, and how version 2, version 1 and webhooks show one.

Sources: the official OpenAPI v1 and v2, pipedrive.readme.io pipedrive-api-v2-migration-guide and guide-for-webhooks-v2.
The form of custom fields in webhooks comes from community samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from runner.authoring.simulate.table import Row

Types = Mapping[str, type | tuple[type, ...]]
NUMBER = (int, float)


@dataclass(frozen=True)
class Kind:
    """
    Args:
        name: in the singular, as events name it. needs: what a new one must have. writes: the types of what is written.
        scope: what the app must have, `:read` or `:full`. filters: the columns by which version 2 lists can be asked.
        titled: the column that a search looks in.
    """

    name: str
    table: str
    scope: str
    titled: str
    needs: tuple[str, ...]
    writes: Types
    filters: tuple[str, ...] = ("owner_id",)


OWN: Types = {"owner_id": int, "visible_to": int, "label_ids": list, "custom_fields": dict}
KINDS: Mapping[str, Kind] = {
    kind.table: kind
    for kind in (
        Kind(
            "deal",
            "deals",
            "deals",
            "title",
            ("title",),
            {
                **OWN,
                "title": str,
                "value": NUMBER,
                "currency": str,
                "person_id": int,
                "org_id": int,
                "pipeline_id": int,
                "stage_id": int,
                "status": str,
                "is_archived": bool,
                "probability": NUMBER,
                "lost_reason": str,
                "expected_close_date": str,
            },
            ("owner_id", "person_id", "org_id", "pipeline_id", "stage_id"),
        ),
        Kind(
            "person",
            "persons",
            "contacts",
            "name",
            ("name",),
            {**OWN, "name": str, "org_id": int, "emails": list, "phones": list},
            ("owner_id", "org_id"),
        ),
        Kind(
            "organization",
            "organizations",
            "contacts",
            "name",
            ("name",),
            {**OWN, "name": str, "address": dict},
        ),
        Kind(
            "activity",
            "activities",
            "activities",
            "subject",
            ("subject",),
            {
                "owner_id": int,
                "subject": str,
                "type": str,
                "due_date": str,
                "due_time": str,
                "duration": str,
                "done": bool,
                "deal_id": int,
                "org_id": int,
                "note": str,
            },
            ("owner_id", "deal_id", "org_id"),
        ),
        Kind(
            "product",
            "products",
            "products",
            "name",
            ("name",),
            {"name": str, "code": str, "description": str, "unit": str, "tax": NUMBER, "owner_id": int, "prices": list},
        ),
    )
}
LEAD_TYPES: Types = {
    "title": str,
    "owner_id": int,
    "label_ids": list,
    "person_id": int,
    "organization_id": int,
    "value": dict,
    "expected_close_date": str,
    "is_archived": bool,
    "was_seen": bool,
    "visible_to": str,
}
LEADS = Kind("lead", "leads", "leads", "title", ("title",), LEAD_TYPES)
NOTE_TYPES: Types = {
    "content": str,
    **dict.fromkeys(("deal_id", "person_id", "org_id"), int),
    "lead_id": str,
    **{f"pinned_to_{what}_flag": NUMBER for what in ("deal", "person", "organization", "lead")},
}
NOTES = Kind("note", "notes", "deals", "content", ("content",), NOTE_TYPES)
STATUSES = ("open", "won", "lost", "deleted")
ADDRESS_PARTS = (
    "country",
    "admin_area_level_1",
    "admin_area_level_2",
    "locality",
    "sublocality",
    "route",
    "street_number",
    "subpremise",
    "postal_code",
)


@dataclass(frozen=True)
class CustomField:
    """A custom field: 40 hexadecimal digits that are others in every account, and the name that people see."""

    key: str
    name: str
    type: str
    options: tuple[Row, ...] = field(default_factory=tuple)

    def shown(self, number: int) -> Row:
        """As the lists of fields show it."""
        options = {"options": list(self.options)} if self.options else {}
        return {
            "id": number,
            "key": self.key,
            "name": self.name,
            "field_type": self.type,
            "edit_flag": True,
            "active_flag": True,
            "mandatory_flag": False,
            **options,
        }


def written(moment: datetime, form: str = "v2") -> str:
    """A time as version 2 writes it, as leads do (`ms`), or as version 1 does (`v1`); all UTC."""
    moment = moment.astimezone(UTC)
    if form == "v1":
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    if form == "ms":
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(row: Row) -> Row:
    """One thing as version 2 shows it."""
    return {name: written(value) if isinstance(value, datetime) else value for name, value in row.items()}


def shown_lead(row: Row) -> Row:
    """A lead: times with milliseconds, custom fields of deals at the root."""
    times = {name: written(value, "ms") for name, value in row.items() if isinstance(value, datetime)}
    return {**{name: value for name, value in row.items() if name != "custom_fields"}, **times, **row["custom_fields"]}


def shown_note(row: Row) -> Row:
    """A note, version 1."""
    return {name: written(value, "v1") if isinstance(value, datetime) else value for name, value in row.items()}


def shown_user(row: Row) -> Row:
    """A user, version 1."""
    return {name: written(value, "v1") if isinstance(value, datetime) else value for name, value in row.items()}


def told(kind: Kind | None, row: Row, types: Mapping[str, str]) -> Row:
    """One thing as webhooks tell it: custom fields say their type; `types` is that of each key."""
    if kind is LEADS:
        return shown_lead(row)
    if kind is NOTES:
        return shown_note(row)
    fields: Row = row.get("custom_fields") or {}
    typed = {key: {"type": types.get(key, "varchar"), **_valued(value)} for key, value in fields.items()}
    return shown({**row, "custom_fields": typed}) if "custom_fields" in row else shown(row)


def _valued(value: Any) -> Row:
    return value if isinstance(value, dict) else {"value": value}
