"""How long what arrived and what was done is kept."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field as Declared

from runner.components.block import Block, Period, Text, refusal, shown

_UNITS = {"MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000}
_FORM = r"^\d{1,6}(\.\d{1,3})?(MB|GB|TB)$"
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(MB|GB|TB)")


def read_size(text: object) -> int:
    """`500MB` or `2GB` as bytes."""
    if type(text) is int:
        return text
    found = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if not found or not float(found[1]):
        raise refusal(f"`{shown(text)}` is not a size", "write a number and a unit: 500MB, 2GB")
    return int(float(found[1]) * _UNITS[found[2]])


Size = Annotated[int, Text(read_size, _FORM, ["500MB", "2GB"])]


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
        "90d", validate_default=True, description="Executions of syncs; the last one of each stays."
    )
    size: Size | None = Declared(
        None, description="The most that the database may hold: beyond it the oldest deliveries go before their time."
    )
