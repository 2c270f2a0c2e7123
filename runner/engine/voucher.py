"""Who vouches for a delivery: the apps of the operator, each for its own environments, or the integration addressed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from runner.components.verifiers.base import Check
from runner.errors import DeliveryError, StaleDelivery
from runner.model.event import Delivery
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


@dataclass(frozen=True)
class Vouchers:
    """Who may prove a delivery. With secrets of the integration that its address names it is `bound` to that one."""

    known: tuple[Voucher, ...] = ()
    bound: bool = False

    @cached_property
    def secrets(self) -> tuple[Secret, ...]:
        """What a delivery is checked with."""
        return tuple(secret for voucher in self.known for secret in voucher.secrets)

    def vouch(self, delivery: Delivery, now: datetime) -> Environments:
        """The environments that the delivery is proved for. Every voucher is tried, without an early end; raises as
        they do when none holds, and of several reasons that one which says that the proof is right but old."""
        proved, flaws = [], []
        for voucher in self.known:
            try:
                voucher.check(delivery, now)
                proved.append(voucher)
            except DeliveryError as flaw:
                flaws.append(flaw)
        if not proved:
            raise next((flaw for flaw in flaws if isinstance(flaw, StaleDelivery)), flaws[0])
        return _together(proved)


def _together(vouched: Iterable[Voucher]) -> Environments:
    """The environments that some vouchers speak for."""
    found: set[str] = set()
    for voucher in vouched:
        if voucher.environments is None:
            return None
        found |= voucher.environments
    return frozenset(found)
