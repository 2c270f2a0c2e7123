"""Figures of destinations for Prometheus: whether pushes go out, and what failed for which reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from runner.model.circuit import CircuitState
from runner.service.push_shapes import DestinationShape


def destination_families(found: Sequence[DestinationShape]) -> Iterator[Metric]:
    """Sums over the companies of a connector, so that their number is no label."""
    circuits: Counter[tuple[str, ...]] = Counter()
    for state in CircuitState:
        circuits.update({(_label(one), state.value): 0 for one in found})
    circuits.update((_label(one), one.circuit.state) for one in found)
    words = "Destinations by the state of their circuit"
    yield _family("runner_destination_circuits", words, ("destination", "state"), circuits)
    dead: Counter[tuple[str, ...]] = Counter()
    waiting: Counter[tuple[str, ...]] = Counter()
    for one in found:
        waiting[_label(one),] += one.pushes.get("pending", 0)
        for reason in one.dead:
            dead[_label(one), reason.reason] += reason.count
    yield _family("runner_destination_pending", "Pushes that are to go out", ("destination",), waiting)
    yield _family("runner_dead_pushes", "Pushes that failed for good", ("destination", "reason"), dead)


def _family(name: str, words: str, labels: Iterable[str], counts: Mapping[tuple[str, ...], int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=list(labels))
    for values, count in sorted(counts.items()):
        family.add_metric(list(values), count)
    return family


def _label(one: DestinationShape) -> str:
    return one.connector or one.destination
