"""What ServiceTitan makes of query parameters, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Query = Mapping[str, str]
MOST_IDS = 50


class Invalid(Exception):
    """A parameter that the partner refuses."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.message = message


def moment(text: str) -> datetime:
    """ISO 8601; without a zone it is UTC. Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def whole(query: Query, parameter: str, default: int, least: int, most: int) -> int:
    text = query.get(parameter, str(default))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise Invalid(parameter, f"The value '{text}' is not valid. It must be between {least} and {most}.")
    return int(text)


def choice(query: Query, parameter: str, values: Mapping[str, Any], *, default: Any) -> Any:
    """The meaning of one of a closed set of values, spelled exactly."""
    if parameter not in query:
        return default
    if query[parameter] not in values:
        raise Invalid(parameter, f"The value '{query[parameter]}' is not valid. Use one of: {', '.join(values)}.")
    return values[query[parameter]]


def ids(query: Query, parameter: str) -> set[int]:
    parts = query[parameter].split(",")
    if len(parts) > MOST_IDS:
        raise Invalid(parameter, f"At most {MOST_IDS} ids are allowed.")
    try:
        return {int(part) for part in parts}
    except ValueError:
        raise Invalid(parameter, f"The value '{query[parameter]}' is not valid.") from None


def bound(query: Query, parameter: str) -> datetime:
    try:
        return moment(query[parameter])
    except ValueError:
        raise Invalid(parameter, f"The value '{query[parameter]}' is not valid.") from None
