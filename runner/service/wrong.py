"""What is wrong with a body or a query, in our words: which field, what of it, and what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from runner.model.words import suggest

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a JSON object",
    "model_type": "a JSON object",
    "model_attributes_type": "a JSON object",
}
_LIMITS = {
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "string_too_short": "text with a length of {min_length} or more",
    "string_too_long": "text with a length of {max_length} or less",
}


def sentences(error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    """One for each thing that is wrong; no value is repeated, since it may be a secret."""
    for one in error.errors(include_input=False, include_url=False):
        yield _sentence(one["type"], tuple(map(str, one["loc"])), one.get("ctx", {}), model)


def _sentence(kind: str, path: tuple[str, ...], context: dict[str, Any], model: type[BaseModel]) -> str:
    what = f"`{'.'.join(path)}`" if path else "the body"
    if kind == "missing":
        return f"{what} is missing"
    if kind == "extra_forbidden":
        hint = suggest(path[-1], model.model_fields)
        return f"{what} is not known here" + (f" ({hint})" if hint else "")
    if kind == "json_invalid":
        return "the body is not JSON"
    if kind == "literal_error":
        return f"{what} must be {context['expected']}"
    if kind in _LIMITS:
        return f"{what} must be {_LIMITS[kind].format(**context)}"
    return f"{what} must be {_KINDS[kind]}" if kind in _KINDS else f"{what} does not have the right form"
