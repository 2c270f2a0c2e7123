"""Figures of calls, as Prometheus reads them."""

from __future__ import annotations

from runner.service.call_figures import call_families
from runner.store.figures import Figure

FOUND = [
    Figure("jobber", "jobs", "200", "+Inf", 1, 12.0, 10),
    Figure("jobber", "jobs", "200", "0.1", 4, 0.2, 100),
    Figure("jobber", "jobs", "429", "0.3", 2, 0.4, 20),
]


def samples(name: str) -> dict[tuple[str, ...], float]:
    found = (sample for family in call_families(FOUND) for sample in family.samples if sample.name == name)
    return {tuple(sample.labels.values()): sample.value for sample in found}


def test_calls_are_counted_by_status() -> None:
    told = samples("runner_endpoint_calls_total")
    assert told == {("jobber", "jobs", "200"): 5, ("jobber", "jobs", "429"): 2}


def test_a_bucket_holds_those_of_the_lower_ones() -> None:
    told = samples("runner_endpoint_seconds_bucket")
    assert [told["jobber", "jobs", bound] for bound in ("0.1", "0.3", "10.0", "+Inf")] == [4, 6, 6, 7]


def test_seconds_and_bytes_are_summed() -> None:
    assert samples("runner_endpoint_seconds_sum") == {("jobber", "jobs"): 12.6}
    assert samples("runner_endpoint_received_bytes_total") == {("jobber", "jobs"): 130}
