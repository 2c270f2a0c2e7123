"""Three-way: what both sides had in common, what each has now, and whose value is to stand. Nothing is read or written.

Three-way merging is described in https://www.gnu.org/software/diffutils/manual/html_node/diff3-Merging.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runner.connector.conflict import Policy
from runner.model.common import Decision, Values

DEFAULT: Policy = "partner_wins"


@dataclass(frozen=True)
class Sides:
    """What both have now, and what they had in common. Times are fixed-width UTC texts; None: not known."""

    common: Values
    partner: Values
    host: Values
    partner_at: str | None = None
    host_at: str | None = None

    @property
    def newest(self) -> str:
        """Whose record was changed last; the partner's where that cannot be told."""
        later = self.host_at is not None and (self.partner_at is None or self.host_at > self.partner_at)
        return "host" if later else "partner"


def merge(names: Iterable[str], policies: Mapping[str, Policy], sides: Sides) -> list[Decision]:
    """Whose value of each name stays. An empty value never takes the place of another: no action can send it."""
    return [_decide(name, policies.get(name, DEFAULT), sides) for name in names]


def value_of(decision: Decision) -> Any:
    """What both sides are to have; None: each keeps its own."""
    return {"partner": decision.partner, "host": decision.host, "both": decision.partner}.get(decision.winner)


def _decide(name: str, policy: Policy, sides: Sides) -> Decision:
    common, partner, host = (one.get(name) for one in (sides.common, sides.partner, sides.host))
    winner, why = _choose(name in sides.common, common, partner, host, policy, sides.newest)
    return Decision(name, common, partner, host, policy, winner, why)


def _choose(known: bool, common: Any, partner: Any, host: Any, policy: Policy, newest: str) -> tuple[str, str]:
    """The winner and the reason; `known`: both sides agreed once."""
    if partner == host:
        return "both", "both say the same"
    if policy == "only_on_create":
        return "neither", "it is sent only when the thing is created"
    if partner is None:
        return _beside_nothing(known and host == common, "partner", "host")
    if host is None:
        return _beside_nothing(known and partner == common, "host", "partner")
    if known and host == common:
        return "partner", "only the partner changed it"
    if known and partner == common:
        return "host", "only the host changed it"
    changed = "both changed it" if known else "they were never alike"
    if policy == "newest_wins":
        return newest, f"{changed}, and the {newest}'s record was changed last"
    return policy.removesuffix("_wins"), f"{changed}: {policy}"


def _beside_nothing(emptied: bool, empty: str, other: str) -> tuple[str, str]:
    if emptied:
        return "neither", f"the {empty} emptied it, and empty values are not carried over"
    return other, f"the {empty} has nothing"
