from __future__ import annotations

import pytest

from runner.authoring.simulate.faults import Faults


def test_fault_without_a_label_spares_the_token_endpoint():
    faults = Faults()
    faults.add(1, 503, "")
    assert (faults.take("POST /token", False), faults.take("GET /jobs", True)) == (None, 503)


def test_fault_ends_after_its_calls_and_the_next_one_begins():
    faults = Faults()
    faults.add(2, 500, "")
    faults.add(1, "timeout", "")
    assert [faults.take("GET /jobs", True) for _ in range(4)] == [500, 500, "timeout", None]


def test_fault_with_a_label_waits_for_it():
    faults = Faults()
    faults.add(1, "lost", "POST /v2/projects")
    assert (faults.take("GET /v2/projects", True), faults.take("POST /v2/projects", True)) == (None, "lost")


def test_other_failures_are_refused():
    with pytest.raises(ValueError, match="not 'explode'"):
        Faults().add(1, "explode", "")
