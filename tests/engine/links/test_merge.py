from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.connector.conflict import Policy
from runner.engine.links.merge import Sides, merge, value_of

OLD, NEW = "2026-05-04T15:00:00.000000Z", "2026-05-04T16:00:00.000000Z"
VALUES = st.dictionaries(st.just("a"), st.sampled_from(["x", "y", "z"]))
POLICIES = st.sampled_from(["partner_wins", "host_wins", "newest_wins", "only_on_create"])


def winner(common: str | None, partner: str | None, host: str | None, policy: Policy, **times: str) -> str:
    """Of one field; a `common` of None: both never agreed."""
    given = ({"a": value} if value is not None else {} for value in (common, partner, host))
    (made,) = merge(["a"], {"a": policy}, Sides(*given, **times))
    return made.winner


@pytest.mark.parametrize(
    ("common", "partner", "host", "policy", "wins"),
    [
        ("x", "y", "y", "partner_wins", "both"),
        ("x", "y", "x", "host_wins", "partner"),
        ("x", "x", "y", "partner_wins", "host"),
        ("x", "y", "z", "partner_wins", "partner"),
        ("x", "y", "z", "host_wins", "host"),
        ("x", "y", "z", "only_on_create", "neither"),
        (None, "y", "z", "partner_wins", "partner"),
        (None, "y", "z", "host_wins", "host"),
        (None, "y", None, "host_wins", "partner"),
        (None, None, "z", "partner_wins", "host"),
        ("x", None, "x", "partner_wins", "neither"),
        ("x", None, "z", "partner_wins", "host"),
        ("x", "x", None, "host_wins", "neither"),
    ],
)
def test_whose_value_stays(
    common: str | None, partner: str | None, host: str | None, policy: Policy, wins: str
) -> None:
    assert winner(common, partner, host, policy) == wins


@pytest.mark.parametrize(
    ("times", "wins"),
    [
        ({"partner_at": OLD, "host_at": NEW}, "host"),
        ({"partner_at": NEW, "host_at": OLD}, "partner"),
        ({"partner_at": OLD, "host_at": OLD}, "partner"),
        ({"host_at": OLD}, "host"),
        ({}, "partner"),
    ],
)
def test_the_newest_is_the_record_that_was_changed_last(times: dict[str, str], wins: str) -> None:
    assert winner("x", "y", "z", "newest_wins", **times) == wins


@given(VALUES, VALUES, VALUES, POLICIES)
def test_what_both_are_to_have_is_what_one_of_them_has(common: Any, partner: Any, host: Any, policy: Policy) -> None:
    (made,) = merge(["a"], {"a": policy}, Sides(common, partner, host))
    assert value_of(made) in (None, partner.get("a"), host.get("a"))


@given(VALUES, VALUES, VALUES, POLICIES)
def test_once_both_have_it_nothing_is_decided_any_more(common: Any, partner: Any, host: Any, policy: Policy) -> None:
    (made,) = merge(["a"], {"a": policy}, Sides(common, partner, host))
    value = value_of(made)
    if value is not None:
        both = {"a": value}
        assert [one.winner for one in merge(["a"], {"a": policy}, Sides(both, both, both))] == ["both"]
