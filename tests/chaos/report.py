"""What a run tells: what was done to whom, what went through meanwhile, and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

MOST_SHOWN = 8
"""Breaches of one invariant that are shown to people; JSON has them all."""


@dataclass(frozen=True)
class Report:
    """`attacks` by what and whom; `figures` by name; `skipped` is what time was
    skipped for in the end; `verdict` the breaches by invariant."""

    seed: int
    seconds: float
    database: str
    attacks: Mapping[str, Mapping[str, int]]
    figures: Mapping[str, int]
    skipped: list[str]
    verdict: Mapping[str, list[str]]

    @property
    def ok(self) -> bool:
        return not any(self.verdict.values())

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"seed {self.seed}, {self.seconds:.0f} s, {self.database}"
        for what, whom in self.attacks.items():
            yield f"  {what:<14} {sum(whom.values()):4}  {', '.join(f'{name} {count}' for name, count in whom.items())}"
        for name, count in self.figures.items():
            yield f"  {name}: {count:,}"
        for invariant, breaches in self.verdict.items():
            yield f"{'holds ' if not breaches else 'BROKEN'}  {invariant}"
            yield from (f"        {breach[:500]}" for breach in breaches[:MOST_SHOWN])
            if len(breaches) > MOST_SHOWN:
                yield f"        and {len(breaches) - MOST_SHOWN} more"


def by_what(done: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Attacks counted by what, then by whom."""
    found: dict[str, dict[str, int]] = {}
    for (what, whom), count in sorted(done.items()):
        found.setdefault(what, {})[whom] = count
    return found
