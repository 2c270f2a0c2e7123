"""Telephone numbers."""

from __future__ import annotations

from functools import cache, lru_cache

from runner.mapping.registry import function

_LONGEST = 100


@cache
def regions() -> frozenset[str]:
    """The countries with telephone numbers, by the two letters of ISO 3166."""
    import phonenumbers  # 1 MB, and its tables more: only where there are numbers to read

    return frozenset(phonenumbers.SUPPORTED_REGIONS)


def check_region(region: str) -> None:
    """ValueError for what is no country with telephone numbers."""
    if region not in regions():
        raise ValueError(f"there is no region {region[:_LONGEST]!r} (use the two letters of ISO 3166, as 'US')")


@function("string|number|null", "string", optional=1, checks={1: check_region})
def e164(number: str | float | None, region: str = "US") -> str | None:
    """A telephone number in the international form E.164, or null when it is none. `region` is the country (ISO 3166,
    two letters) of numbers written without a country code. An extension is left out: the form has no place for it.

    Source: ITU-T E.164, by Google's libphonenumber.

        e164('402-555-0100', 'US') -> "+14025550100"
        e164('(402) 555-0148 ext. 12') -> "+14025550148"
        e164('+44 20 7946 0958') -> "+442079460958"
        e164('call the office') -> null
    """
    if number is None:
        return None
    if not isinstance(number, str):
        return _e164(f"{number:.0f}", region) if 0 <= number < 1e18 else None
    return _e164(number, region) if len(number) <= _LONGEST else None


@lru_cache(maxsize=20_000)
def _e164(number: str, region: str) -> str | None:
    import phonenumbers  # as above

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
