"""HubSpot's two made-up pipelines of deals, with their stages. Source: the official OpenAPI file of pipelines v3."""

from __future__ import annotations

from runner.authoring.simulate.table import Row

# pipeline, stage, label, is it closed, is it won; stages of an account's own have numbers
STAGES = (
    ("default", "appointmentscheduled", "Appointment Scheduled", False, False),
    ("default", "contractsent", "Contract Sent", False, False),
    ("default", "closedwon", "Closed Won", True, True),
    ("default", "closedlost", "Closed Lost", True, False),
    ("75114220", "141870001", "Measured", False, False),
    ("75114220", "141870002", "Finished", True, True),
)
PIPELINES = {"default": "Sales Pipeline", "75114220": "Storm damage"}


def pipelines(created: str) -> list[Row]:
    """`GET /crm/v3/pipelines/deals`."""
    return [
        {
            "id": key,
            "label": label,
            "displayOrder": place,
            "stages": [_stage(order, *stage[1:], created) for order, stage in enumerate(STAGES) if stage[0] == key],
            "createdAt": created,
            "updatedAt": created,
            "archived": False,
        }
        for place, (key, label) in enumerate(PIPELINES.items())
    ]


def _stage(order: int, key: str, label: str, closed: bool, won: bool, created: str) -> Row:
    probability = "1.0" if won else "0.0" if closed else "0.4"
    metadata = {"isClosed": str(closed).lower(), "probability": probability}
    times = {"createdAt": created, "updatedAt": created, "archived": False}
    return {"id": key, "label": label, "displayOrder": order, "metadata": metadata, **times}
