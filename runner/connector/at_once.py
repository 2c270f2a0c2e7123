"""All that a processor reads of a payload, by one generated function; the part-by-part way explains what it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.mapping.compiler.compile import Mapped
from runner.mapping.engine import ENGINE
from runner.mapping.expression import Expression, is_true
from runner.mapping.fields import Fields

_MARK = ":"
"""Begins the names of what is no field: fields begin with a letter or `_`."""


@dataclass(frozen=True, slots=True)
class Values:
    """What the expressions of a processor give for one payload. `references` are ids as the payload has them."""

    is_error: bool
    id: Any
    cursor: Any
    predicates: dict[str, bool]
    references: dict[str, Any]
    fields: dict[str, Any]


class AtOnce:
    """Reads id, cursor, predicates, references and fields together, so that equal paths are read once.

    `read` gives None where an expression fails, whichever: then each must be asked alone. An expression that would not
    have been asked (a field of a payload that is left out) counts as well, so None says nothing about the outcome.
    """

    def __init__(
        self,
        fields: Fields,
        when: Mapping[str, Expression],
        references: Mapping[str, Expression],
        **single: Expression | None,
    ) -> None:
        self._when = {name: f"{_MARK}when.{name}" for name in when}
        self._references = {name: f"{_MARK}reference.{name}" for name in references}
        self._single = {name: _MARK + name for name, rule in single.items() if rule is not None}
        shape: dict[str, Any] = dict(fields.shape())
        shape |= {self._when[name]: rule.tree for name, rule in when.items()}
        shape |= {self._references[name]: rule.tree for name, rule in references.items()}
        shape |= {_MARK + name: rule.tree for name, rule in single.items() if rule is not None}
        self._function: Mapped = ENGINE.fields(shape)

    def read(self, payload: Any) -> Values | None:
        try:
            values: dict[str, Any] = self._function(payload)
        except Exception:  # of whatever sort: asked one by one, the expressions say which of them fails and why
            return None
        take = values.pop
        predicates = {name: is_true(take(key)) for name, key in self._when.items()}
        references = {name: take(key) for name, key in self._references.items()}
        single = {name: take(key) for name, key in self._single.items()}
        is_error = is_true(single.get("error"))
        return Values(is_error, single.get("id"), single.get("cursor"), predicates, references, values)
