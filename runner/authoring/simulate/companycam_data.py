"""
CompanyCam's made-up account: users, projects, photos.

Shapes follow the partner's OpenAPI file (CompanyCam/openapi-spec) and its 2026 copy: ids are strings, times are
unix seconds. Some projects look as live data was reported to: `feature_image`, no `integrations`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from runner.authoring.simulate.seeded import CITIES, FIRST_NAMES, LAST_NAMES, STREETS, Dice
from runner.authoring.simulate.table import Row, Table

USER, PROJECT, PHOTO, WEBHOOK, CONTACT = 2789583992, 94772883, 4782987471, 145041, 115
USERS = 6
APP = "https://app.companycam.com"


def tables(now: datetime, dice: Dice, size: int, company_id: str) -> dict[str, Table]:
    """An account with `size` projects (0: an account that starts empty) and a photo in every second of them."""
    account = Account(int(now.timestamp()), dice, company_id)
    rows = {
        "users": [account.user(n) for n in range(USERS)],
        "projects": [account.project(n) for n in range(size)],
        "photos": [account.photo(n, str(PROJECT + 2 * n)) for n in range(size // 2)],
        "webhooks": [],
    }
    models = {"projects": account.project(0), "photos": account.photo(0, str(PROJECT))}
    return {name: Table(name, kind, modified="updated_at", model=models.get(name)) for name, kind in rows.items()}


class Account:
    """Makes one row of a kind from its number."""

    def __init__(self, now: int, dice: Dice, company_id: str) -> None:
        self.now = now
        self.dice = dice
        self.company_id = company_id

    def user(self, n: int) -> Row:
        key, first = str(USER + n), FIRST_NAMES[n]
        return {
            "id": key,
            "company_id": self.company_id,
            # the same people work in the simulated field services: links by e-mail find them
            "email_address": f"tech{n}@example.com",
            "status": "deleted" if n == USERS - 1 else "active",
            "first_name": first,
            "last_name": "Tech" if n == 0 else LAST_NAMES[n],
            "profile_image": [{"type": "thumbnail", "uri": f"https://static.companycam.com/u{n}.jpg"}],
            "phone_number": f"402-556-{n:04d}" if n % 2 else None,
            "created_at": 1490737206 + n,
            "updated_at": 1490737206 + n,
            "user_url": f"{APP}/users/{key}",
        }

    def project(self, n: int) -> Row:
        key, created = str(PROJECT + n), self.now - self.dice.below(9_000_000, "project", n) - 200_000
        city, state, _, postcode, latitude, longitude = self.dice.pick(CITIES, "project", n)
        slug = self.dice.mint("slug")[:22]
        image = [{"type": "thumbnail", "uri": f"https://static.companycam.com/{n}.jpg"}]
        live = n % 3 == 2
        return {
            "id": key,
            "company_id": self.company_id,
            "creator_id": str(USER),
            "creator_type": "User",
            "creator_name": "Sample Tech",
            "status": "deleted" if n % 10 == 9 else "active",
            "archived": n % 7 == 6,
            "name": f"{self.dice.pick(STREETS, 'name', n)} roof {n}" if n % 5 != 4 else None,
            "address": {
                "street_address_1": f"{100 + n} {self.dice.pick(STREETS, 'project', n)}" if n % 6 != 5 else None,
                "street_address_2": "Unit B" if n % 6 == 4 else None,
                "city": city,
                "state": state,
                "postal_code": postcode,
                "country": "US",
            },
            "coordinates": {"lat": latitude, "lon": longitude},
            "feature_image" if live else "featured_image": image,
            **self.urls(key, slug),
            **({} if live else {"integrations": []}),
            "slug": slug,
            "public": False,
            "geofence": [],
            "primary_contact": self.contact(key, n, created) if n % 2 == 0 else None,
            "notepad": "Gate code on file" if n % 4 == 0 else None,
            "created_at": created,
            "updated_at": created + self.dice.below(180_000, "project", n),
        }

    def photo(self, n: int, project_id: str) -> Row:
        captured = self.now - self.dice.below(5_000_000, "photo", n) - 10_000
        return {
            **photo(str(PHOTO + n), self.company_id, project_id, captured),
            "creator_id": str(USER),
            "creator_name": "Sample Tech",
            "processing_status": "processed",
            "description": "North slope" if n % 3 == 1 else None,
            "created_at": captured + 30,
            "updated_at": captured + 41,
        }

    def contact(self, project_id: str, n: int, created: int) -> Row:
        return {
            "id": str(CONTACT + n),
            "project_id": project_id,
            "name": "Sample Contact",
            "email": f"contact{n}@example.com",
            "phone_number": f"402-555-{n % 10000:04d}",
            "created_at": created,
            "updated_at": created,
        }

    @staticmethod
    def urls(key: str, slug: str) -> Row:
        return {"project_url": f"{APP}/projects/{key}", "embedded_project_url": f"{APP}/embed/projects/{slug}"}


def photo(key: str, company_id: str, project_id: str, captured: int) -> Row:
    """A photo that has just come in: `pending`."""
    address = f"https://img.companycam.com/{key}"
    uris = [("original", f"{address}.jpg"), ("web", f"{address}-web.jpg"), ("thumbnail", f"{address}-th.jpg")]
    row: dict[str, Any] = {
        "id": key,
        "company_id": company_id,
        "creator_id": "",
        "creator_type": "User",
        "creator_name": "",
        "project_id": project_id,
        "status": "active",
        "processing_status": "pending",
        "coordinates": None,
        "uris": [{"type": kind, "uri": uri, "url": uri} for kind, uri in uris],
        "hash": f"{int(key):032x}",
        "description": None,
        "internal": False,
        "photo_url": f"{APP}/photos/{key}",
        "captured_at": captured,
    }
    return row
