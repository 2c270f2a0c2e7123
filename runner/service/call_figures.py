"""The figures of calls to partners as Prometheus reads them, by connector and endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from runner.store.figures import BEYOND, BOUNDS, Figure


def call_families(found: Sequence[Figure]) -> Iterator[Metric]:
    """Three families of what every process of the runner has called; `found` is in the order of the store."""
    calls = CounterMetricFamily(
        "runner_endpoint_calls", "Tries of calls; status none: no answer", labels=["connector", "endpoint", "status"]
    )
    for labels, figures in groupby(found, key=lambda one: (one.connector, one.endpoint, one.status)):
        calls.add_metric(labels, sum(one.calls for one in figures))
    yield calls
    received = CounterMetricFamily(
        "runner_endpoint_received_bytes", "Bytes of answers, decompressed", labels=["connector", "endpoint"]
    )
    seconds = HistogramMetricFamily(
        "runner_endpoint_seconds", "How long partners take to answer", labels=["connector", "endpoint"]
    )
    for endpoint, figures in groupby(found, key=lambda one: (one.connector, one.endpoint)):
        own = list(figures)
        received.add_metric(endpoint, sum(one.bytes for one in own))
        seconds.add_metric(endpoint, _buckets(own), sum(one.seconds for one in own))
    yield received
    yield seconds


def _buckets(own: Sequence[Figure]) -> list[tuple[str, float]]:
    """How many calls stayed within each bound, those of lower bounds included."""
    total, buckets = 0, []
    for bound in [*map(str, BOUNDS), BEYOND]:
        total += sum(one.calls for one in own if one.within == bound)
        buckets.append((bound, float(total)))
    return buckets
