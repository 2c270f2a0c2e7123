"""
Hover's made-up organisation: jobs with models, images and captures.

A row holds a job in one form, its times as moments; `hover_shapes` makes the forms of the versions of it. Some jobs
have no customer, no external number, several models, or a model that failed; some are archived or examples.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from runner.authoring.simulate.hover_options import HoverOptions
from runner.authoring.simulate.seeded import CITIES, FIRST_NAMES, LAST_NAMES, STREETS, Dice
from runner.authoring.simulate.table import Row, Table

JOB, MODEL, IMAGE, CAPTURE = 15084303, 14990001, 166283885, 558711
STATES = ("complete", "working", "complete", "failed", "uploading", "complete", "waiting_approval")


def jobs(now: datetime, dice: Dice, size: int, options: HoverOptions) -> Table:
    """An organisation with `size` jobs."""
    if size < 1:
        msg = f"a simulated Hover has one job at least: give a size of 1 or more, not {size}"
        raise ValueError(msg)
    moment = now.replace(microsecond=552_000)
    return Table("jobs", [job(n, moment, dice, options) for n in range(size)], modified="updated_at", id_type=int)


def job(n: int, now: datetime, dice: Dice, options: HoverOptions) -> Row:
    city, region, _, postal_code, latitude, longitude = dice.pick(CITIES, "city", n)
    line = f"{100 + n} {dice.pick(STREETS, 'street', n)}"
    made = now - timedelta(days=200, minutes=31 * n)
    changed = now - timedelta(days=20, minutes=29 * n)
    state = STATES[n % len(STATES)]
    done = state in {"complete", "failed"}
    return {
        "id": JOB + n,
        "name": line if n % 5 != 4 else None,
        "state": state,
        "archived_at": changed if n % 9 == 8 else None,
        "external_identifier": f"order-{77 + n}" if n % 3 != 2 else None,
        "address": {"line_1": line, "line_2": "", "city": city, "region": region, "postal_code": postal_code},
        "latitude": str(latitude),
        "longitude": str(longitude),
        "customer": _customer(n, dice) if n % 4 != 3 else dict.fromkeys(("first_name", "name", "email", "phone")),
        "notes": "Side gate is open" if n % 6 == 0 else None,
        "example": n % 13 == 12,
        "user_id": options.user_id,
        "captures": [_capture(n, made)],
        "models": [model(JOB + n, 2 * n + place, made, changed, state) for place in range(_models(n, done))],
        "created_at": made,
        "updated_at": changed,
        "completed_at": changed if state == "complete" else None,
    }


def _models(n: int, done: bool) -> int:
    return (2 if n % 7 == 5 else 1) if done else 0


def _customer(n: int, dice: Dice) -> Row:
    return {
        "first_name": dice.pick(FIRST_NAMES, "first", n),
        "name": dice.pick(LAST_NAMES, "last", n),
        "email": f"Customer{n}@example.com",
        "phone": f"402-555-{n % 10_000:04d}",
    }


def _capture(n: int, made: datetime) -> Row:
    return {
        "id": CAPTURE + n,
        "client_identifier": f"665f0012-0000-4000-8000-{n:012d}",
        "name": None,
        "state": "completed",
        "capture_by": "tech@example.com",
        "type": "sparse_exterior",
        "deliverable": "complete",
        "created_at": made,
        "updated_at": made,
    }


def model(job_id: int, n: int, made: datetime, changed: datetime, state: str) -> Row:
    """A model with three photos; one that failed has none."""
    images = 0 if state == "failed" else 3
    return {
        "id": MODEL + n,
        "job_id": job_id,
        "name": None,
        "state": "failed" if state == "failed" else "complete",
        "failure_reason": "Not enough photos" if state == "failed" else None,
        "images": [{"id": IMAGE + 3 * n + place, "created_at": made + timedelta(minutes=3)} for place in range(images)],
        "created_at": made,
        "updated_at": changed,
    }
