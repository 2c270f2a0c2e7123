"""True or false, however partners write it."""

from __future__ import annotations

from runner.mapping.registry import function

_WORDS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


@function("string|number|boolean|null")
def boolean(value: str | float | None) -> bool | None:
    """True or false out of `true`, `yes`, `on`, `1` and their opposites, in any case, or the first letter of the first
    two; null for anything else, so that an unknown word is not taken for a no.

        boolean('true') -> true
        boolean('No') -> false
        boolean(`1`) -> true
        boolean('maybe') -> null
    """
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower()) if len(value) <= 16 else None
    return bool(value) if value in (0, 1) else None
