"""
Pipedrive's made-up company: deals, persons, organizations, leads, activities, products, users, pipelines.

Rows hold times as moments; `pipedrive_kinds` says how each version shows them.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from runner.authoring.simulate.pipedrive_company import STAGES, USERS, Company
from runner.authoring.simulate.pipedrive_kinds import CustomField
from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.table import Table

PIPELINES = ((1, "Sales"), (2, "Service"))


def custom_fields(dice: Dice) -> tuple[CustomField, ...]:
    """Those of deals: the keys depend on the account."""

    def key(name: str) -> str:
        return hashlib.sha1(f"{dice.seed}:{name}".encode(), usedforsecurity=False).hexdigest()

    crews = ({"id": 123, "label": "North"}, {"id": 456, "label": "South"})
    return (
        CustomField(key("job"), "Job number", "varchar"),
        CustomField(key("deposit"), "Deposit", "monetary"),
        CustomField(key("crew"), "Crew", "enum", crews),
        CustomField(key("crews"), "Crews", "set", crews),
    )


def tables(now: datetime, dice: Dice, size: int, fields: tuple[CustomField, ...]) -> dict[str, Table]:
    """A company with `size` deals and as many persons, half as many organizations and activities, a third of leads."""
    if size < 1:
        msg = f"a simulated Pipedrive has one deal at least: give a size of 1 or more, not {size}"
        raise ValueError(msg)
    company = Company(now.replace(microsecond=551_000), dice, size, fields)
    rows = {
        "deals": [company.deal(n) for n in range(size)],
        "persons": [company.person(n) for n in range(size)],
        "organizations": [company.organization(n) for n in range(company.organizations)],
        "activities": [company.activity(n) for n in range(max(1, size // 2))],
        "products": [company.product(n) for n in range(max(1, size // 4))],
        "users": [company.user(n) for n in range(USERS)],
        "pipelines": [company.pipeline(*one) for one in PIPELINES],
        "stages": [company.stage(*one) for one in STAGES],
    }
    made = {name: Table(name, kind, modified="update_time", id_type=int) for name, kind in rows.items()}
    leads = [company.lead(n) for n in range(max(1, size // 3))]
    made["leads"] = Table("leads", leads, modified="update_time")
    made["users"].modified = "modified"
    return made
