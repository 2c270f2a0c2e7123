"""Names and e-mail addresses of people."""

from __future__ import annotations

import re

from runner.mapping.library.texts import present
from runner.mapping.registry import function

_LONGEST_EMAIL = 254
_LONGEST_LIST = 10_000
_LONGEST_NAME = 1_000
_EMAIL = re.compile(
    r"""[^\s@,;:<>()"\[\]\\.]++(?:\.[^\s@,;:<>()"\[\]\\.]++)*+@"""
    r"""(?:[^\W_](?:[^\W_]|-(?=[^\W_]|-))*+\.)++[^\W\d_](?:[^\W_]|-(?=[^\W_]|-))++"""
)
_NAMED = re.compile(r"[^<>]*+<([^<>]++)>\s*+")
_BETWEEN = re.compile(r"[,;\n]")
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "v", "md", "phd", "dds", "esq", "cpa"))


@function("string|null")
def email(text: str | None) -> str | None:
    """An e-mail address in lower case, alone or as in `Sample Tech <tech@example.com>`; null for what is none. It says
    how an address is written, not that it exists.

    Source: RFC 5321 for the lengths (64 before the @, 254 in all); quoted names before the @ are not taken.

        email(' Tech@Example.com ') -> "tech@example.com"
        email('Sample Tech <tech@example.com>') -> "tech@example.com"
        email('tech at example.com') -> null
    """
    if text is None or len(text) > _LONGEST_NAME:
        return None
    plain = text.strip()
    if named := _NAMED.fullmatch(plain):
        plain = named[1].strip()
    plain = plain.lower().removeprefix("mailto:")
    if len(plain) > _LONGEST_EMAIL or plain.find("@") > 64:
        return None
    return plain if _EMAIL.fullmatch(plain) else None


@function("string|null")
def emails(text: str | None) -> list[str] | None:
    """All e-mail addresses of a text that holds several, between commas, semicolons or line ends; each once, in lower
    case. What is none is left out; a text of more than 10,000 characters is an error.

    emails('A@example.com, office@example.com; a@example.com') -> ["a@example.com", "office@example.com"]
    emails('none') -> []
    """
    if text is None:
        return None
    if len(text) > _LONGEST_LIST:
        raise ValueError(f"emails() got a text of {len(text)} characters (the longest is {_LONGEST_LIST})")
    return list(dict.fromkeys(found for part in _BETWEEN.split(text) if (found := email(part))))


@function("string|null", "string|null")
def full_name(first: str | None, last: str | None) -> str | None:
    """The name of a person out of its two halves; either may be missing, null when both are.

    full_name('Sample', ' Tech ') -> "Sample Tech"
    full_name('Sample', `null`) -> "Sample"
    full_name('', ' ') -> null
    """
    return " ".join(present([first, last])) or None


@function("string|null")
def first_name(name: str | None) -> str | None:
    """The first name in a full one: all but the last word, or what follows the comma in `Tech, Sample`. A name of one
    word is a first name. For partners that send one text; names in other orders come out as they stand.

    first_name('Mary Ann Sample') -> "Mary Ann"
    first_name('Sample, Mary Ann') -> "Mary Ann"
    first_name('Mary Sample, Jr.') -> "Mary"
    first_name('Mary') -> "Mary"
    """
    return _halves(name)[0] if name is not None else None


@function("string|null")
def last_name(name: str | None) -> str | None:
    """The last name in a full one: the last word (with what follows it, as in `Jr.`), or what stands before the comma
    in `Tech, Sample`; null for a name of one word.

    last_name('Mary Ann Sample') -> "Sample"
    last_name('van Sample, Mary Ann') -> "van Sample"
    last_name('Mary Sample, Jr.') -> "Sample Jr."
    last_name('Mary') -> null
    """
    return _halves(name)[1] if name is not None else None


def _halves(name: str) -> tuple[str | None, str | None]:
    """First and last name; each null when there is none."""
    before, _, after = (part.strip() for part in name.partition(","))
    if after and not _is_suffix(after):
        return " ".join(after.split()), " ".join(before.split()) or None
    words = [*before.split(), *after.split()]
    most = len(words) - 1
    while most > 1 and _is_suffix(words[most]):
        most -= 1
    return " ".join(words[: max(most, 1)]) or None, " ".join(words[max(most, 1) :]) or None


def _is_suffix(words: str) -> bool:
    return all(word.replace(".", "").lower() in _SUFFIXES for word in words.replace(",", " ").split())
