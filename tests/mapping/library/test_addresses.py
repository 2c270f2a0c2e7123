from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.mapping.library.addresses import address_line, country_code, region_code


@pytest.mark.parametrize(
    ("country", "code"),
    [("us", "US"), (" United States ", "US"), ("u.s.a.", "US"), ("CAN", "CA"), ("FR", "FR"), ("ZZ", None), ("", None)],
)
def test_country_code(country: str, code: str | None) -> None:
    assert country_code(country) == code


@pytest.mark.parametrize(
    ("region", "code"),
    [
        ("ne", "NE"),
        ("NEBRASKA", "NE"),
        ("Québec", "QC"),
        ("Quebec", "QC"),
        ("New  York", None),
        ("", None),
        ("ZZ", None),
    ],
)
def test_region_code(region: str, code: str | None) -> None:
    assert region_code(region) == code


@settings(deadline=None, derandomize=True)
@given(st.text())
def test_codes_are_two_letters_or_null(text: str) -> None:
    for code in (country_code(text), region_code(text)):
        assert code is None or (len(code) == 2 and code.isascii() and code.isupper())


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=20))
def test_a_code_is_its_own_code(text: str) -> None:
    assert country_code(country_code(text)) == country_code(text)


def test_address_line_in_full() -> None:
    address = {"street": "100 Main St ", "unit": "4", "city": "Lincoln", "region": "NE", "postal_code": 68508}

    assert address_line({**address, "country": "US"}) == "100 Main St, 4, Lincoln, NE 68508, US"


def test_address_line_refuses_an_address_inside() -> None:
    with pytest.raises(ValueError, match="only texts and numbers can be joined"):
        address_line({"street": {"line_1": "100 Main St"}})
