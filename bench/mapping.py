"""Mapping alone, payload in and record out: generated code between jmespath.py and code written by hand.

    python -m bench.mapping [--quick] [--json]

CPU time; the three take turns, a run is the best of several slices, the figure the median of the runs. All three give
the same record for every payload, or the benchmark does not start.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import jmespath

from bench.mapping_workloads import Payload, workloads
from runner.mapping.engine import CompiledEngine
from runner.mapping.expression import compile_expression
from runner.mapping.functions import LIBRARY

RUNS, SLICES, SLICE = 5, 8, 0.03
Map = Callable[[Payload], Payload]


def main() -> None:
    found = [_measure(name, *work) for name, work in workloads().items()]
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    sys.stdout.write("\nmapping (thousands of records a second of CPU time)\n")
    sys.stdout.write(
        f"  {'':<24} {'jmespath.py':>12} {'generated':>10} {'by hand':>9}   x jmespath.py   of hand code\n"
    )
    for row in found:
        rates = f"{row['jmespath']:>12.1f} {row['generated']:>10.1f} {row['hand']:>9.1f}"
        times = f"{row['times']:>6.1f} (bar {row['times_bar']})    {row['share']:.2f} (bar {row['share_bar']})"
        sys.stdout.write(f"  {row['workload']:<24} {rates}   {times}\n")


def _measure(
    name: str, expressions: dict[str, str], hand: Map, payloads: list[Payload], times_bar: float, share_bar: float
) -> dict[str, Any]:
    variants: dict[str, Map] = {"jmespath": _jmespath(expressions), "generated": _generated(expressions), "hand": hand}
    _agree(name, variants, payloads)
    rates: dict[str, list[float]] = {variant: [] for variant in variants}
    for _ in range(2 if "--quick" in sys.argv else RUNS):
        best = dict.fromkeys(variants, 0.0)
        for _ in range(SLICES):
            for variant, function in variants.items():
                best[variant] = max(best[variant], _rate(function, payloads))
        for variant, rate in best.items():
            rates[variant].append(rate)
    return {
        "workload": name,
        **{variant: round(statistics.median(values) / 1_000, 1) for variant, values in rates.items()},
        "times": round(_ratio(rates["generated"], rates["jmespath"]), 2),
        "times_bar": times_bar,
        "share": round(_ratio(rates["generated"], rates["hand"]), 3),
        "share_bar": share_bar,
    }


def _jmespath(expressions: dict[str, str]) -> Map:
    options = jmespath.Options(custom_functions=LIBRARY)
    trees = {name: jmespath.compile(text) for name, text in expressions.items()}
    return lambda payload: {name: tree.search(payload, options) for name, tree in trees.items()}


def _generated(expressions: dict[str, str]) -> Map:
    return CompiledEngine(LIBRARY).fields({name: compile_expression(text).tree for name, text in expressions.items()})


def _agree(name: str, variants: dict[str, Map], payloads: Sequence[Payload]) -> None:
    for payload in payloads:
        records = {json.dumps(function(payload)) for function in variants.values()}
        if len(records) > 1:
            raise SystemExit(f"{name}: the variants do not agree:\n" + "\n".join(records))


def _rate(function: Map, payloads: Sequence[Payload]) -> float:
    """Records a second of CPU time, over one slice."""
    gc.collect()
    done, started = 0, time.process_time()
    until = started + SLICE
    while (now := time.process_time()) < until:
        for payload in payloads:
            function(payload)
        done += len(payloads)
    return done / (now - started)


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    main()
