"""Times and tables: several runs, interleaved with their floor, medians, and ratios; absolute figures prove nothing."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Runs = Mapping[str, Sequence[float]]


def interleave(variants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Run every variant once a round, so that a drift of the machine touches all alike."""
    figures: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            figures[name].append(run())
    return figures


def ratios(figures: Runs, floor: str) -> dict[str, float]:
    """Each variant's median ratio to the floor, taken round by round."""
    return {
        name: statistics.median(one / base for one, base in zip(values, figures[floor], strict=True))
        for name, values in figures.items()
    }


def report(
    title: str, unit: str, figures: Runs, floor: str, bars: Mapping[str, float], extra: Mapping[str, Any]
) -> dict[str, Any]:
    """One workload as plain data: medians, ratios to the floor, the bars to reach, whatever else was measured."""
    against = ratios(figures, floor)
    rows = [
        {
            "variant": name,
            "median": round(statistics.median(values), 4),
            "least": round(min(values), 4),
            "most": round(max(values), 4),
            "ratio": round(against[name], 3),
            "bar": bars.get(name),
        }
        for name, values in figures.items()
    ]
    return {"workload": title, "unit": unit, "floor": floor, "rows": rows, **extra}


def show(found: Mapping[str, Any]) -> None:
    """A workload as a table, or as JSON when the command line asks for it."""
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    sys.stdout.write(f"\n{found['workload']} ({found['unit']}; ratios to: {found['floor']})\n")
    for row in found["rows"]:
        bar = f"  must reach {row['bar']}" if row["bar"] is not None else ""
        line = (
            f"  {row['variant']:<44} {_figure(row['median']):>12}  ({_figure(row['least'])} - {_figure(row['most'])})"
        )
        sys.stdout.write(f"{line}  {row['ratio']:.2f}{bar}\n")
    for name, value in found.items():
        if name not in ("workload", "unit", "floor", "rows"):
            sys.stdout.write(f"  {name}: {value}\n")


def _figure(value: float) -> str:
    return f"{value:,.1f}" if value >= 10 else f"{value:.3f}"
