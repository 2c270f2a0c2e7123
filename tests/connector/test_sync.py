"""Which syncs an integration has."""

from __future__ import annotations

import pytest

from tests.partners import CONNECTORS


@pytest.mark.parametrize(
    ("way", "names"),
    [
        (None, {"customers", "payments", "estimates"}),
        ("intuit", {"customers", "payments", "estimates"}),
        ("agave", {"agave_customers", "agave_payments"}),
    ],
)
def test_syncs_go_by_the_way_in(way: str | None, names: set[str]) -> None:
    assert CONNECTORS.get("quickbooks").syncs_of(way).keys() == names


def test_a_sync_without_ways_is_for_every_one() -> None:
    jobber = CONNECTORS.get("jobber")
    assert jobber.syncs_of(None) == jobber.syncs
