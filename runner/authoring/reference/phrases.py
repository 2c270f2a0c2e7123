"""Blocks of a connector in words: what its author wrote, and what that means."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from runner.authoring.durations import spelled
from runner.authoring.language import order, picking
from runner.authoring.reference.markdown import anchor, code, link, table
from runner.authoring.reference.options import heading
from runner.components.block import Block
from runner.components.ratelimits.base import RateLimit
from runner.components.ratelimits.concurrency import ConcurrencyLimit
from runner.components.ratelimits.cost import CostLimit
from runner.components.ratelimits.window import WindowLimit
from runner.mapping.template import Tree

_UNITS = {"ms": "millisecond", "s": "second", "m": "minute", "h": "hour", "d": "day"}
_SHARED_BY = {
    "app": "shared by all companies",
    "account": "for each integration",
    "endpoint": "for each endpoint of an integration",
    "method": "for each HTTP method of an integration",
}


def given(block: Block, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Every key that the author wrote: its dotted name, its value, its meaning. Defaults are left out, and the key that
    picks the block among others."""
    fields = {field.alias or name: (name, field) for name, field in type(block).model_fields.items()}
    for key in order(type(block)):
        name, field = fields[key]
        value = getattr(block, name)
        if name not in block.model_fields_set or name in picking(type(block)) or value is None:
            continue
        if isinstance(value, Block):
            yield from given(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", written(value), field.description or ""


def option_rows(block: Block) -> str:
    """A table of what the author wrote; empty when that is nothing."""
    rows = [(code(key), code(value), meaning) for key, value, meaning in given(block)]
    return table(("key", "value", "meaning"), rows) if rows else ""


def component(block: Block) -> str:
    """A component by its type, with a link from a connector's page to its place in the language, and what it is."""
    made = type(block)
    first = inspect.cleandoc(made.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
    return f"{link(code(getattr(block, 'type', '')), f'../language.md#{anchor(heading(made))}')}: {first}"


def phrase(block: Block) -> str:
    """A component in one phrase: its type and its options."""
    options = ", ".join(f"{key} {code(value)}" for key, value, _ in given(block))
    return f"{code(getattr(block, 'type', ''))}{f' ({options})' if options else ''}"


def limit(block: RateLimit) -> str:
    """How often the partner may be called, in a sentence."""
    only = f", counting only {' and '.join(block.methods)}" if block.methods else ""
    return f"{_amount(block)}, {_SHARED_BY[block.scope]}{only}."


def in_words(duration: timedelta) -> str:
    """`5 minutes`, `1 second`."""
    text = spelled(duration)
    number = text.rstrip("dhms")
    return f"{number} {_UNITS[text.removeprefix(number)]}{'' if number == '1' else 's'}"


def written(value: Any) -> str:
    """A value as its author wrote it, on one line."""
    if isinstance(value, Tree):
        return written(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return spelled(value)
    if isinstance(value, Block):
        return "{" + ", ".join(f"{key}: {text}" for key, text, _ in given(value)) + "}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {written(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(part) for part in value) + "]"
    return str(value)


def _amount(block: RateLimit) -> str:
    if isinstance(block, WindowLimit):
        return f"{block.requests:,} requests in {in_words(block.per)}"
    if isinstance(block, CostLimit):
        return f"A budget of {block.budget:,g} cost points that fills by {block.restore:,g} a second"
    if isinstance(block, ConcurrencyLimit):
        return f"{block.at_once} calls at once"
    return phrase(block)
