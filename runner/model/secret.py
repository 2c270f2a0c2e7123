"""A text that must not be seen: it prints as dots wherever it is printed by accident."""

from __future__ import annotations

import hmac
from typing import Any

from pydantic_core import core_schema

DOTS = "••••••"


class Secret:
    """A secret text. `reveal()` is the only way to its value; `repr`, `str`, format and JSON give dots."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the one line that sends, signs or encrypts it."""
        return self._value

    def matches(self, other: str | bytes) -> bool:
        """Compare in constant time."""
        given = other.encode() if isinstance(other, str) else other
        return hmac.compare_digest(self._value.encode(), given)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other._value)

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return f"Secret({DOTS})"

    def __str__(self) -> str:
        return DOTS

    def __format__(self, spec: str) -> str:
        return format(DOTS, spec)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a Secret is not pickled; encrypt it with the vault instead")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        def read(value: object) -> Secret:
            if isinstance(value, Secret):
                return value
            if isinstance(value, str):
                return cls(value)
            raise ValueError("a secret is text")

        return core_schema.no_info_plain_validator_function(
            read, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )
