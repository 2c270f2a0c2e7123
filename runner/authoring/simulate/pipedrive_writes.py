"""
What Pipedrive checks of what is written.

Sources: pipedrive.readme.io pipedrive-api-v2 and the migration guide: texts in place of numbers and unknown members are
refused, an address or a sum of money that is written in part loses the rest. The words of the errors are this module's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request

from runner.authoring.simulate.answers import json_body
from runner.authoring.simulate.pipedrive_errors import refusal
from runner.authoring.simulate.pipedrive_kinds import ADDRESS_PARTS, NUMBER, STATUSES, Kind, Types
from runner.authoring.simulate.table import Row, Table

TABLES: Mapping[str, str] = {
    "person_id": "persons",
    "org_id": "organizations",
    "organization_id": "organizations",
    "owner_id": "users",
    "pipeline_id": "pipelines",
    "stage_id": "stages",
    "deal_id": "deals",
    "lead_id": "leads",
}
MONEY: Types = {"value": NUMBER, "amount": NUMBER, "currency": str}


async def given(request: Request, kind: Kind, tables: Mapping[str, Table], *, new: bool) -> Row:
    """The fields of a body, all of them known and right. Raises Refusal."""
    body = await json_body(request)
    if not isinstance(body, dict):
        raise refusal(400, "Bad request: the body must be a JSON object")
    for name in kind.needs if new else ():
        if body.get(name) in (None, ""):
            raise refusal(400, f"Validation failed: {name}: Required")
    for name, value in body.items():
        _check(kind, name, value)
        if name in TABLES and value is not None and tables[TABLES[name]].get(value) is None:
            raise refusal(400, f"Validation failed: {name}: {value} was not found")
    return body


def _check(kind: Kind, name: str, value: Any) -> None:
    wanted = kind.writes.get(name)
    if wanted is None:
        raise refusal(400, f"Validation failed: {name}: Unrecognized key")
    if value is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool)):
        raise refusal(400, f"Validation failed: {name}: Expected another type, received {type(value).__name__}")
    if name == "status" and value not in STATUSES:
        raise refusal(400, f"Validation failed: status: Expected one of {', '.join(STATUSES)}")


def merged(row: Row, body: Row, keys: Collection[str]) -> Row:
    """
    What a row becomes by a body.

    Args:
        keys: of the custom fields that there are.

    Raises:
        Refusal: a custom field is unknown.
    """
    fields = dict(body)
    if isinstance(body.get("address"), dict):
        fields["address"] = {part: body["address"].get(part) for part in ("value", *ADDRESS_PARTS)}
    if isinstance(body.get("custom_fields"), dict):
        for key, value in body["custom_fields"].items():
            if key not in keys:
                raise refusal(400, f"Validation failed: custom_fields: {key}: Unrecognized key")
            if isinstance(value, dict) and any(not isinstance(value.get(n), MONEY[n]) for n in MONEY if n in value):
                raise refusal(400, f"Validation failed: custom_fields: {key}: Invalid value")
        written = {key: _whole(value) for key, value in body["custom_fields"].items()}
        fields["custom_fields"] = {**(row.get("custom_fields") or {}), **written}
    return fields


def _whole(value: Any) -> Any:
    """A sum of money without its currency has none from now on."""
    return {"value": None, "currency": None, **value} if isinstance(value, dict) else value


def closing(before: Row, body: Row, now: datetime) -> Row:
    """What a new status of a deal brings with it."""
    status = body.get("status", before.get("status"))
    if status == before.get("status"):
        return {}
    day = now.strftime("%Y-%m-%d")
    return {
        "close_time": now if status in {"won", "lost"} else None,
        "won_time": now if status == "won" else None,
        "lost_time": now if status == "lost" else None,
        "local_close_date": day if status in {"won", "lost"} else None,
        "local_won_date": day if status == "won" else None,
        "local_lost_date": day if status == "lost" else None,
        "is_deleted": status == "deleted",
    }
