from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.library.phones import check_region, e164

FORM = re.compile(r"\+[1-9][0-9]{1,14}")


@settings(deadline=None, derandomize=True)
@given(st.text() | st.text("+0123456789 ()-x.", max_size=24), st.sampled_from(["US", "GB", "IT", "AR", "XX", ""]))
def test_gives_the_form_or_null(number: str, region: str) -> None:
    found = e164(number, region)

    assert found is None or FORM.fullmatch(found)


@settings(deadline=None, derandomize=True)
@given(st.integers(2, 9), st.integers(0, 10**9 - 1), st.sampled_from(["US", "DE"]))
def test_of_its_own_form_is_itself(first: int, rest: int, region: str) -> None:
    found = e164(f"{first}{rest:09}")

    assert found is None or e164(found, region) == found


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (4025550100, "+14025550100"),
        (4025550100.0, "+14025550100"),
        (-1, None),
        (float("inf"), None),
        (float("nan"), None),
        ("", None),
        ("4025550100" + " " * 100, None),
    ],
)
def test_numbers_and_odd_texts(number: str | float, value: str | None) -> None:
    assert e164(number) == value


def test_an_unknown_region_is_refused_where_it_is_written() -> None:
    with pytest.raises(ValueError, match="there is no region 'USA'"):
        check_region("USA")
