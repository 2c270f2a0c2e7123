"""How the destinations stand: what is on its way, what failed and why, and whether anything goes out at all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from runner.model.circuit import Circuit
from runner.service.push_shapes import CircuitShape, DeadShape, DestinationShape
from runner.store import circuits, dead, integrations, pushes


def destinations(connection: Connection, now: datetime) -> list[DestinationShape]:
    """Every destination that was ever pushed to: integrations, and those of runner.yaml by their names."""
    counts = pushes.by_destination(connection)
    known = {one.destination: one for one in circuits.find(connection)}
    failed: dict[str, list[DeadShape]] = {}
    for one in dead.reasons(connection):
        shape = DeadShape(rule=one.rule, reason=one.reason, count=one.count, note=one.note, said=one.said)
        failed.setdefault(one.destination, []).append(shape)
    owners = integrations.named(connection, counts.keys())
    found = []
    for name, states in counts.items():
        owner = owners.get(name)
        circuit = CircuitShape.of(known.get(name, Circuit(name)), now)
        shown = DestinationShape(
            destination=name,
            company=owner.company if owner else None,
            connector=owner.connector if owner else None,
            pushes={state.value: count for state, count in states.items()},
            circuit=circuit,
            dead=failed.get(name, []),
        )
        found.append(shown)
    return sorted(found, key=lambda one: one.name)
