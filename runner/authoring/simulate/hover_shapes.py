"""
The forms in which Hover shows a job: in the list (v2), alone in v1 and v2, and in v3.

Sources: developers.hover.to/reference/show-job-details and listjobs, Hover's llms.txt. The words for the same state
differ in their end: `complete` in v1 and v2 and of models, `completed` in v3.
"""

from __future__ import annotations

from datetime import UTC, datetime

from runner.authoring.simulate.hover_options import HoverOptions
from runner.authoring.simulate.table import Row

ARTIFACTS = {
    "measurements": ("pdf", "json", "summarized_json", "full_json", "xlsx"),
    "cad_exports": ("skp", "dwg", "dxf", "xml", "xml_v2"),
}


def written(moment: datetime | None, *, whole: bool = False) -> str | None:
    """UTC with milliseconds, or in whole seconds."""
    if moment is None:
        return None
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}Z" if whole else f"{text}.{moment.microsecond // 1000:03d}Z"


class Shapes:
    """`options` say where the addresses inside answers are."""

    def __init__(self, options: HoverOptions) -> None:
        self._options = options

    def listed(self, job: Row) -> Row:
        """An item of `GET /api/v2/jobs`: flat, without models."""
        address = job["address"]
        return {
            "id": job["id"],
            "name": job["name"],
            "archived": job["archived_at"] is not None,
            "state": job["state"],
            "job_status": "active",
            "deliverable_id": 3,
            "location_line_1": address["line_1"],
            "location_line_2": address["line_2"] or None,
            "location_city": address["city"],
            "location_region": address["region"],
            "location_postal_code": address["postal_code"],
            "location_country": "US",
            "location_lat": None,
            "location_lon": None,
            "customer_notes": job["notes"],
            "client_identifier": job["captures"][0]["client_identifier"] if job["captures"] else None,
            "roof_estimate_access_level": "none",
            "estimated_hours_to_completion": 0,
            "approved": True,
            "approved_at": None,
            "example": job["example"],
            "property_type": "single_family_residential",
            "org_id": self._options.org_id,
            "user_id": job["user_id"],
            "search_rank": None,
            "has_money_shot": bool(job["models"]),
            "via_job_share": None,
            "created_at": written(job["created_at"]),
            "updated_at": written(job["updated_at"]),
            "completed_at": written(job["completed_at"]),
            "active_projects": {"roofing": True, "siding": False, "windows": False},
            "via_org_job_accesses": [],
            "via_job_assignments": [{"id": 685, "kind": "creator"}],
        }

    def old(self, job: Row) -> Row:
        """`GET /api/v1|v2/jobs/{id}`, wrapped."""
        customer = job["customer"]
        more = {
            "org_name": self._options.org_name,
            "location": {**job["address"], "country": "US"},
            "customer_first_name": customer["first_name"],
            "customer_name": customer["name"],
            "customer_phone": customer["phone"],
            "customer_email": customer["email"],
            "external_identifier": job["external_identifier"],
            "models": [self._old_model(model) for model in job["models"]],
        }
        return {"job": {**self.listed(job), **more}}

    def _old_model(self, model: Row) -> Row:
        return {
            "id": model["id"],
            "job_id": model["job_id"],
            "state": model["state"],
            "archived": False,
            "failure_reason": model["failure_reason"],
            "is_3d_available": True,
            "images": self._images(model),
            "created_at": written(model["created_at"]),
            "updated_at": written(model["updated_at"]),
        }

    def new(self, job: Row) -> Row:
        """`GET /api/v3/jobs/{id}`."""
        address = job["address"]
        return {
            "id": job["id"],
            "name": job["name"],
            "reconstruction_state": "completed" if job["state"] == "complete" else job["state"],
            "external_identifier": job["external_identifier"],
            "org": {"id": self._options.org_id},
            "address": {
                "location_line_1": address["line_1"],
                "location_line_2": address["line_2"],
                "city": address["city"],
                "region": address["region"],
                "postal_code": address["postal_code"],
                "country": "US",
                "latitude": job["latitude"],
                "longitude": job["longitude"],
            },
            "customer": job["customer"],
            "captures": [{**one, **_times(one)} for one in job["captures"]],
            "models": [self._new_model(job, model) for model in job["models"]],
            **_times(job, whole=True),
            "archived_at": written(job["archived_at"], whole=True),
        }

    def _new_model(self, job: Row, model: Row) -> Row:
        base = f"{self._options.base}/api/v3/models/{model['id']}/artifacts"
        artifacts = {kind: {form: f"{base}/{kind}.{form}" for form in forms} for kind, forms in ARTIFACTS.items()}
        return {
            "id": model["id"],
            "name": model["name"],
            "state": model["state"],
            "deliverable": "complete",
            "capture_id": job["captures"][0]["id"] if job["captures"] else None,
            "artifacts": artifacts,
            "images": self._images(model),
            **_times(model, whole=True),
        }

    def _images(self, model: Row) -> list[Row]:
        return [
            {
                "id": image["id"],
                "url": f"{self._options.base}/api/v2/images/{image['id']}/image.jpg",
                "created_at": written(image["created_at"]),
            }
            for image in model["images"]
        ]


def _times(row: Row, *, whole: bool = False) -> Row:
    return {name: written(row[name], whole=whole) for name in ("created_at", "updated_at")}
