"""A word that is not known, and the one that was probably meant; words of others, made readable."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_NEAR = 0.6
_VERY_NEAR = 0.75


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant: very near, or near with the same first letter; capitals do not count."""
    words = {one.lower(): one for one in sorted(set(known))}
    meant = word[:100].lower()
    for near in difflib.get_close_matches(meant, words, 3, _NEAR):
        very = difflib.SequenceMatcher(None, near, meant).ratio() >= _VERY_NEAR
        if very or near[:1] == meant[:1]:
            return words[near]
    return None


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean ...?`, or what there is."""
    words = sorted(set(known))
    near = nearest(word, words)
    if near:
        return f"did you mean `{near}`?"
    return f"there {'is' if len(words) == 1 else 'are'}: {', '.join(words)}" if words else ""


def readable(text: str) -> str:
    """Words of others without controls and other things that nobody can read, and that no database stores."""
    return "".join(one if one.isprintable() or one == "\n" else " " for one in text)
