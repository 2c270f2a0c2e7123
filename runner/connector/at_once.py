"""All that a processor reads of a payload, by one generated function; the part-by-part way explains what it cannot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from runner.mapping.compiler.compile import Mapped
from runner.mapping.engine import ENGINE
from runner.mapping.expression import Expression, is_true
from runner.mapping.fields import Fields
from runner.mapping.functions import iso8601
from runner.model.record import Record, as_id, as_ids

Straight = Callable[[Any], Record | None]
"""From a raw payload straight to its record, where nothing is out of the ordinary, as nearly always; else None."""

_MARK = ":"
"""Begins the names of what is no field: fields begin with a letter or `_`."""
_ID, _CURSOR, _ERROR = f"{_MARK}id", f"{_MARK}cursor", f"{_MARK}error"


class Values(NamedTuple):
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
        *,
        id: Expression,  # noqa: A002  # the word of the dictionary
        cursor: Expression | None,
        error: Expression | None,
    ) -> None:
        self._when = [(name, f"{_MARK}when.{name}") for name in when]
        self._references = [(name, f"{_MARK}reference.{name}") for name in references]
        shape: dict[str, Any] = dict(fields.shape())
        shape |= {key: when[name].tree for name, key in self._when}
        shape |= {key: references[name].tree for name, key in self._references}
        single = {_ID: id, _CURSOR: cursor, _ERROR: error}
        shape |= {key: rule.tree for key, rule in single.items() if rule is not None}
        self._has_error = error is not None
        self._function: Mapped = ENGINE.fields(shape)

    def read(self, payload: Any) -> Values | None:
        try:
            values: dict[str, Any] = self._function(payload)
        except Exception:  # of whatever sort: asked one by one, the expressions say which of them fails and why
            return None
        take = values.pop
        predicates, references = {}, {}
        for name, key in self._when:
            value = take(key)
            predicates[name] = value is True or is_true(value)
        for name, key in self._references:
            references[name] = take(key)
        error = take(_ERROR, None)
        return Values(
            error is not None and is_true(error), take(_ID), take(_CURSOR, None), predicates, references, values
        )

    def straight(self, kind: str, processor: str, many: Collection[str]) -> Straight:
        """The way of most payloads, in one step: no flaw, no error answer, not left out. `many` names the references to
        several records."""
        function, has_error, keys = self._function, self._has_error, dict(self._when)
        demanded = [keys.pop(name) for name in ("should_process", "valid") if name in keys]
        marking = keys.pop("inactive", None)
        unread = list(keys.values())
        references = [(name, key, as_ids if name in many else as_id) for name, key in self._references]

        def made(payload: Any) -> Record | None:
            try:
                values: dict[str, Any] = function(payload)
            except Exception:  # as in `read`
                return None
            take = values.pop
            for key in demanded:
                if not is_true(take(key)):
                    return None
            for key in unread:
                del values[key]
            inactive = marking is not None and is_true(take(marking))
            external_id, cursor = as_id(take(_ID)), take(_CURSOR, None)
            if external_id is None or not (cursor is None or isinstance(cursor, str)):
                return None
            version = iso8601(cursor)
            if (has_error and is_true(take(_ERROR))) or (version is None and cursor is not None):
                return None
            for name, key, read in references:
                values[name] = read(take(key))
            return Record(kind, external_id, values, version, inactive, processor)

        return made
