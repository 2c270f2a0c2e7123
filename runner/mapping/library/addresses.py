"""Postal addresses. The tables are short and exact: what they do not hold is null, never a guess."""

from __future__ import annotations

from typing import Any

from runner.mapping.library.phones import regions
from runner.mapping.library.texts import present
from runner.mapping.registry import function

_COUNTRIES = {
    "US": "USA|United States|United States of America|America|U.S.|U.S.A.",
    "CA": "CAN|Canada",
    "MX": "MEX|Mexico|México",
    "GB": "GBR|UK|U.K.|United Kingdom|Great Britain|England|Scotland|Wales|Northern Ireland",
    "IE": "IRL|Ireland",
    "AU": "AUS|Australia",
    "NZ": "NZL|New Zealand",
    "ZA": "ZAF|South Africa",
    "PR": "PRI|Puerto Rico",
}
_US = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
    "DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|"
    "KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|"
    "MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|"
    "SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming|AS American Samoa|GU Guam|MP Northern Mariana Islands|PR Puerto Rico|"
    "VI U.S. Virgin Islands"
)
_CA = (
    "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|"
    "NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|QC Québec|SK Saskatchewan|"
    "YT Yukon"
)
_COUNTRY_OF = {name.casefold(): code for code, names in _COUNTRIES.items() for name in names.split("|")}
_REGION_OF = {
    word.casefold(): code
    for code, _, name in (line.partition(" ") for line in f"{_US}|{_CA}".split("|"))
    for word in (code, name)
}


@function("string|null")
def country_code(country: str | None) -> str | None:
    """The two letters of ISO 3166 for a country: of its code, or of the usual English names and three letters of the
    United States, Canada, Mexico, the United Kingdom, Ireland, Australia, New Zealand, South Africa and Puerto Rico.
    Null for any other: `country_code(x) || x` keeps it as it is.

    country_code('USA') -> "US"
    country_code('United Kingdom') -> "GB"
    country_code('de') -> "DE"
    country_code('Atlantis') -> null
    """
    plain = country.strip() if country is not None else ""
    code = _COUNTRY_OF.get(plain.casefold())
    return code or (plain.upper() if plain.isascii() and plain.upper() in regions() else None)


@function("string|null")
def region_code(region: str | None) -> str | None:
    """The two letters of a state, district or territory of the United States or a province or territory of Canada, by
    its code or English name; null for any other: `region_code(x) || x` keeps it as it is.

    Source: USPS Publication 28, Canada Post.

        region_code('Nebraska') -> "NE"
        region_code('on') -> "ON"
        region_code('Bavaria') -> null
    """
    return _REGION_OF.get(region.strip().casefold()) if region is not None else None


@function("object|null")
def address_line(address: dict[str, Any] | None) -> str | None:
    """An address in one line, out of the fields that records have: `street`, `unit`, `city`, `region`, `postal_code`,
    `country`. Any may be missing; null when all are.

    address_line({street: '100 Main St', unit: '4', region: 'NE', postal_code: '68508'}) -> "100 Main St, 4, NE 68508"
    address_line({street: ' ', city: 'Lincoln', country: 'US'}) -> "Lincoln, US"
    address_line({street: ''}) -> null
    """
    if address is None:
        return None
    area = " ".join(present([address.get("region"), address.get("postal_code")]))
    parts = (address.get("street"), address.get("unit"), address.get("city"), area, address.get("country"))
    return ", ".join(present([*parts])) or None
