"""Lookups of actions: what they read of the input must be in it."""

from __future__ import annotations

import pytest

from runner.connector.loader import check
from tests.partners import ROOT

COMPANYCAM, QUICKBOOKS = "companycam.yaml", "quickbooks.yaml"


def findings(file: str, old: str, new: str) -> list[str]:
    source = (ROOT / "connectors" / file).read_text(encoding="utf-8")
    assert old in source
    return [f"{one.code}: {one.message}" for one in check(source.replace(old, new, 1), file)[1]]


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("with: {query: title}, same: [name]", "`title` in `title`"),
        ("with: {query: name}, same: [name, id]", "`id` in `id`"),
    ],
)
def test_a_search_reads_the_input(new: str, said: str) -> None:
    old = "with: {query: name}, same: [name, address.street_address_1]"
    assert findings(COMPANYCAM, old, new) == [f"unknown-name: {said} is not an input of this action"]


def test_a_comparison_may_read_another_name_on_the_other_side() -> None:
    old = "same: [name, address.street_address_1]"
    assert findings(COMPANYCAM, old, "same: [title || name, address.street_address_1]") == []


def test_what_is_read_before_reads_the_input() -> None:
    old = "before: {endpoint: customer, with: {id: id}}"
    said = "unknown-name: `number` in `number` is not an input of this action"
    assert findings(QUICKBOOKS, old, "before: {endpoint: customer, with: {id: number}}") == [said]


def test_the_fields_of_an_object_are_known() -> None:
    assert findings(COMPANYCAM, "same: [name, address.street_address_1]", "same: [name, address.street]") == [
        "unknown-name: `address.street` in `address.street` is not an input of this action"
    ]
