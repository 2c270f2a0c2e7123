"""The functions that connectors may call in JMESPath, beside the standard ones.

Each is one Python function under `@function`; its docstring is its page in the reference, and the lines of the form
`expression -> JSON` in it are examples that run as tests. A Python package adds functions by the entry-point group
`runner.functions`: an object with the same decorator.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any

import phonenumbers
from dateutil import parser as dates
from jmespath import functions as standard


class Library(standard.Functions):
    """The standard functions and ours, under the names that connectors use."""

    def _validate_arguments(self, args: list[Any], signature: list[dict[str, Any]], name: str) -> Any:
        least = sum(not argument.get("optional") for argument in signature)
        if least <= len(args) < len(signature):
            return self._type_check(args, signature[: len(args)], name)  # type: ignore[attr-defined]  # not in the stubs
        return super()._validate_arguments(args, signature, name)  # type: ignore[misc]  # not in the stubs


_ADDED: dict[str, Callable[..., Any]] = {}


def function(
    *arguments: str, optional: int = 0, table: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function callable from JMESPath. `arguments` are its types, as in `string|null`; the last `optional`
    may be left out. `table` is for `lookup` alone: generated code reads a constant table itself."""

    def add(made: Callable[..., Any]) -> Callable[..., Any]:
        signature: list[dict[str, Any]] = [{"types": [] if kinds == "any" else kinds.split("|")} for kinds in arguments]
        for argument in signature[len(signature) - optional :]:
            argument["optional"] = True
        name = made.__name__.rstrip("_")
        _ADDED[name] = made
        setattr(Library, f"_func_{name}", _method(made, signature, table))
        return made

    return add


def _method(made: Callable[..., Any], signature: list[dict[str, Any]], table: bool) -> Callable[..., Any]:
    def method(_: Library, *values: Any) -> Any:
        return made(*values)

    # generated code checks the types itself and calls the plain function
    vars(method).update(signature=signature, plain=made, reads_table=table)
    return method


def added() -> dict[str, Callable[..., Any]]:
    """Our functions by name, for the reference and its tests."""
    return dict(_ADDED)


@function("string|number|null", "string", optional=1)
def e164(number: str | float | None, region: str = "US") -> str | None:
    """A telephone number in the international form E.164, or null when it is none. `region` is the country (ISO 3166,
    two letters) of numbers written without a country code.

    Source: ITU-T E.164, by Google's libphonenumber.

        e164('402-555-0100', 'US') -> "+14025550100"
        e164('+44 20 7946 0958') -> "+442079460958"
        e164('call the office') -> null
    """
    return _e164(str(number), region) if number is not None else None


@lru_cache(maxsize=20_000)
def _e164(number: str, region: str) -> str | None:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


@function("string|number|null")
def iso8601(time: str | float | None) -> str | None:
    """A time in UTC with microseconds, in the one form that all records use. Takes ISO 8601 (without a zone it is
    taken as UTC; more than six decimals are cut) and unix seconds as a number.

        iso8601('2026-05-04T09:31:36-06:00') -> "2026-05-04T15:31:36.000000Z"
        iso8601('2026-03-04T17:22:09.114000123Z') -> "2026-03-04T17:22:09.114000Z"
        iso8601(`1761331741`) -> "2025-10-24T18:49:01.000000Z"
        iso8601('soon') -> null
    """
    if isinstance(time, str):
        return _utc(time) if time else None
    return _written(datetime.fromtimestamp(time, UTC)) if time is not None else None


@lru_cache(maxsize=16_384)
def _utc(text: str) -> str | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = dates.isoparse(re.sub(r"(\.\d{6})\d+", r"\1", text))
        except ValueError:
            return None
    return _written((found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC))


def _written(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


_BREAK = re.compile(r"(?i)<(?:br|/p|/div|/li|/h[1-6]|/tr)\b[^>]*>")
_DROPPED = re.compile(r"(?is)<(script|style)\b.*?</\1\s*>|<!--.*?-->")
_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")


@function("string|null")
def html_to_text(text: str | None) -> str | None:
    """HTML as plain text: tags go, paragraphs and breaks become line ends, entities become characters.

    html_to_text('<p>Water heater &amp; boiler</p><p>Gate 4</p>') -> "Water heater & boiler\\nGate 4"
    html_to_text('2 < 3') -> "2 < 3"
    """
    if text is None:
        return None
    plain = html.unescape(_TAG.sub("", _BREAK.sub("\n", _DROPPED.sub("", text))))
    return "\n".join(line.strip() for line in plain.strip().splitlines() if line.strip()) or None


@function("string|null")
def lower(text: str | None) -> str | None:
    """A text in lower case.

    lower('Tech@Example.com') -> "tech@example.com"
    """
    return text.lower() if text is not None else None


@function("string|null")
def upper(text: str | None) -> str | None:
    """A text in upper case.

    upper('ne') -> "NE"
    """
    return text.upper() if text is not None else None


@function("string|null")
def trim(text: str | None) -> str | None:
    """A text without spaces at its ends; null when nothing is left, so that `||` can give a default.

    trim('  Lincoln ') -> "Lincoln"
    trim('   ') -> null
    """
    return (text.strip() or None) if text is not None else None


@function("string|null", "string")
def split(text: str | None, separator: str) -> list[str] | None:
    """The parts of a text, without spaces at their ends and without empty ones.

    split('billing@example.com, office@example.com', ',') -> ["billing@example.com", "office@example.com"]
    """
    return [part.strip() for part in text.split(separator) if part.strip()] if text is not None else None


@function("object", "string|null", "any", optional=1, table=True)
def lookup(table: dict[str, Any], key: str | None, default: Any = None) -> Any:
    """The value that a table gives for a key; the default (or null) for others: a status map.

    lookup({Done: 'completed', Hold: 'on_hold'}, 'Done') -> "completed"
    lookup({Done: 'completed'}, 'New', 'unknown') -> "unknown"
    """
    return table.get(key, default) if key is not None else default


@function("any")
def text(value: Any) -> str | None:
    """A number or text as text, for ids that one partner sends as numbers and another as text; null stays null.

    text(`7001`) -> "7001"
    text('Z2lk') -> "Z2lk"
    """
    if type(value) is int:
        return str(value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | dict | list):
        raise ValueError("text() needs a number or a text")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@function("string|number|null")
def number(value: str | float | None) -> int | float | None:
    """A text that holds a plain decimal number as a number; null when it does not.

    number('40.8136') -> 40.8136
    number('12,5') -> null
    """
    if value is None or isinstance(value, int | float):
        return value
    if not re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", value.strip(), re.ASCII):
        return None
    return float(value) if "." in value else int(value)


def _plug_ins() -> None:
    for entry in entry_points(group="runner.functions"):
        entry.load()


_plug_ins()
Library._populate_function_table()  # type: ignore[attr-defined]  # not in the stubs; the metaclass fills the table when the class is made, before ours were added
LIBRARY = Library()
