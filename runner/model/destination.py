"""What the operator's environment says of destinations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.model.secret import Secret


@dataclass(frozen=True)
class DestinationKeys:
    """By a destination's name: what signs posts to it, and the address of its database."""

    secrets: Mapping[str, tuple[Secret, ...]] = field(default_factory=dict, repr=False)
    urls: Mapping[str, Secret] = field(default_factory=dict, repr=False)
