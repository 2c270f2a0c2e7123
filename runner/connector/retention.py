"""How long what arrived and what was done is kept."""

from __future__ import annotations

from pydantic import Field as Declared

from runner.components.block import Block, Period, Size


class Retention(Block):
    """How long what arrived and what was done is kept.

    retention: {deliveries: 30d, size: 2GB}

    What waits to be worked off is never removed, and no delivery before `repeats`: partners send again what they
    believe lost, and what is forgotten would be done twice.
    """

    deliveries: Period = Declared(
        "30d",
        validate_default=True,
        description="Webhook requests and their events, once they took effect, were dropped or were duplicates.",
    )
    failed: Period = Declared(
        "180d", validate_default=True, description="Events that failed, or whose account nobody connected."
    )
    repeats: Period = Declared(
        "7d", validate_default=True, description="How long partners may send the same event again."
    )
    rejected: Period = Declared("1h", validate_default=True, description="Webhook requests that were turned away.")
    runs: Period = Declared(
        "90d",
        validate_default=True,
        description="Executions of syncs, of which the last of each stays; and acts with their keys.",
    )
    size: Size | None = Declared(
        None, description="The most that the database may hold: beyond it the oldest deliveries go before their time."
    )
