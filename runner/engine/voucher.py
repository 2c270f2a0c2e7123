"""Who vouches for a delivery: the apps of the operator, each for its own environments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from runner.components.verifiers.base import Check
from runner.model.secret import Secret

Environments = frozenset[str] | None
"""Names of environments; None: every one."""


@dataclass(frozen=True)
class Voucher:
    """The secrets of one app, or of one integration, that a delivery may be proved with. What they prove is for
    integrations of `environments` alone; `check` raises where nothing is proved."""

    environments: Environments
    secrets: tuple[Secret, ...] = field(repr=False)
    check: Check = field(repr=False, compare=False)


def together(vouched: Iterable[Voucher]) -> Environments:
    """The environments that some vouchers speak for."""
    found: set[str] = set()
    for voucher in vouched:
        if voucher.environments is None:
            return None
        found |= voucher.environments
    return frozenset(found)
