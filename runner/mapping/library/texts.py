"""Text."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from runner.mapping.registry import function

_LONGEST = 1_000_000
_LONGEST_SLUG = 200
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "'": ""})
_GAPS = re.compile(r"[^a-z0-9]++")


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


def check_some(text: str) -> None:
    """ValueError for an empty text."""
    if not text:
        raise ValueError("the text to look for is empty (write at least one character)")


@function("string|null", "string", checks={1: check_some})
def split(text: str | None, separator: str) -> list[str] | None:
    """The parts of a text, without spaces at their ends and without empty ones.

    split('billing@example.com, office@example.com', ',') -> ["billing@example.com", "office@example.com"]
    """
    check_some(separator)
    return [part.strip() for part in text.split(separator) if part.strip()] if text is not None else None


@function("string|null", "string", "string", checks={1: check_some})
def replace(text: str | None, old: str, new: str) -> str | None:
    """A text in which every `old` is a `new`; both as they are, no patterns.

    replace('job_1001', 'job_', '') -> "1001"
    """
    check_some(old)
    if text is None:
        return None
    if len(new) > len(old) and len(text) + text.count(old) * (len(new) - len(old)) > _LONGEST:
        raise ValueError(f"replace() would make a text of more than {_LONGEST:,} characters")
    return text.replace(old, new)


def check_length(length: float) -> None:
    """ValueError for what is no length."""
    if not isinstance(length, int) or length < 1:
        raise ValueError(f"{length!r} is no length (use a whole number from 1)")


@function("string|null", "number", checks={1: check_length})
def truncate(text: str | None, length: int) -> str | None:
    """The first `length` characters (Unicode code points) of a text, without spaces at its end.

    truncate('Water heater check', `12`) -> "Water heater"
    truncate('Gate', `12`) -> "Gate"
    """
    check_length(length)
    return text[:length].rstrip() if text is not None and len(text) > length else text


@function("string|null")
def slug(text: str | None) -> str | None:
    """A text as a name for files and addresses: a to z, digits and single hyphens, at most 200 characters. Accents go;
    null when nothing is left, as of a text in another script.

    slug('Sample Plumbing & Sons') -> "sample-plumbing-sons"
    slug('Señor Müller') -> "senor-muller"
    slug('!') -> null
    """
    if text is None:
        return None
    plain = unicodedata.normalize("NFKD", text[: 5 * _LONGEST_SLUG].casefold().translate(_LETTERS))
    letters = plain.encode("ascii", "ignore").decode().lower()
    return _GAPS.sub("-", letters.replace("'", "")).strip("-")[:_LONGEST_SLUG].rstrip("-") or None


@function("string|number|null")
def text(value: str | int | float | None) -> str | None:
    """A number or text as text, for ids that one partner sends as numbers and another as text; null stays null.

    text(`7001`) -> "7001"
    text('Z2lk') -> "Z2lk"
    """
    if isinstance(value, int):
        return str(value)
    if value is None or isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@function("string", "array|null")
def join_present(separator: str, parts: list[Any] | None) -> str | None:
    """The texts and numbers of a list in one text, without those that are null or only spaces; null when there are
    none.

        join_present(' ', ['Sample', `null`, ' Tech ']) -> "Sample Tech"
        join_present(' - ', ['Sample Plumbing', `1001`]) -> "Sample Plumbing - 1001"
        join_present(', ', ['', ' ']) -> null
    """
    if parts is None:
        return None
    return separator.join(words) if (words := present(parts)) else None


def present(parts: list[Any]) -> list[str]:
    """The texts and numbers among `parts` that say something; ValueError for a value of another type."""
    for part in parts:
        if isinstance(part, bool | list | Mapping):
            raise ValueError("only texts and numbers can be joined (take the field that is meant, or convert it first)")
    return [word for part in parts if (word := (text(part) or "").strip())]


@function("any")
def hash_(value: Any) -> str | None:
    """The SHA-256 of a value, in hexadecimal: equal for equal values, whatever the order of their keys; null of null.
    For an id where the partner gives none. It hides nothing: short values can be guessed.

    The value is hashed as JSON with its keys sorted, in ASCII, without spaces; 1 and 1.0 are different.

        hash('a') -> "ac8d8342bbb2362d13f0a559a3621bb407011368895164b628a54f7fc33fc43c"
        hash({b: `1`, a: `2`}) == hash({a: `2`, b: `1`}) -> true
    """
    if value is None:
        return None
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
