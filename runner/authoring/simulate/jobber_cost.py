"""
What a Jobber query costs.

Source: developer.getjobber.com/docs/using_jobbers_api/api_rate_limits. Every field is one point; `edges`,
`nodes` and `node` are none; a connection multiplies what stands inside it by `first` (100 if it is missing),
and nesting multiplies again. `pageInfo` stands inside: the strictest reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

FREE = frozenset({"edges", "nodes", "node"})
MARKS_A_CONNECTION = frozenset({"edges", "nodes", "pageInfo", "totalCount"})
MISSING_FIRST = 100


class Bill:
    """The requested cost of one document with its variables."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        self._variables = {**self._defaults(), **variables}
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }

    def _defaults(self) -> dict[str, int]:
        return {
            one.variable.name.value: int(one.default_value.value)
            for operation in self._operations
            for one in operation.variable_definitions or ()
            if isinstance(one.default_value, IntValueNode)
        }

    def requested(self) -> int:
        return sum(self._inside(operation.selection_set) for operation in self._operations)

    def introspects_only(self) -> bool:
        """Are all root fields the language's own (`__schema`, `__type`, `__typename`)?"""
        roots = [name for one in self._operations for name in self._names(one.selection_set)]
        return bool(roots) and all(name.startswith("__") for name in roots)

    def _inside(self, selections: SelectionSetNode | None) -> int:
        return sum(self._cost(field) for field in self._fields(selections))

    def _cost(self, field: FieldNode) -> int:
        own = 0 if field.name.value in FREE else 1
        times = self._size(field) if MARKS_A_CONNECTION & set(self._names(field.selection_set)) else 1
        return own + times * self._inside(field.selection_set)

    def _size(self, field: FieldNode) -> int:
        sizes = {argument.name.value: argument.value for argument in field.arguments or ()}
        wanted = sizes.get("first") or sizes.get("last")
        if isinstance(wanted, IntValueNode):
            return int(wanted.value)
        value = self._variables.get(wanted.name.value) if isinstance(wanted, VariableNode) else None
        return value if isinstance(value, int) else MISSING_FIRST

    def _names(self, selections: SelectionSetNode | None) -> list[str]:
        return [field.name.value for field in self._fields(selections)]

    def _fields(self, selections: SelectionSetNode | None) -> Iterator[FieldNode]:
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                yield from self._fields(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value in self._fragments:
                yield from self._fields(self._fragments[selection.name.value].selection_set)


def actual(data: Any) -> int:
    """What an answer did cost: its fields, counted."""
    if isinstance(data, list):
        return sum(actual(one) for one in data)
    if isinstance(data, dict):
        return sum((name not in FREE) + actual(value) for name, value in data.items())
    return 0
