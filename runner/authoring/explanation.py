"""How each value of a processor came about: expression, place, value, and why it is null."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.authoring.reasons import why_null
from runner.connector.processor import Find, Processor
from runner.connector.relation import Relation
from runner.errors import MappingError
from runner.mapping.expression import Expression

DEEPEST = 10


@dataclass(frozen=True)
class Explained:
    """One predicate, field or relation. `why` is set when the value is null or failed."""

    part: str
    expression: str
    place: str
    value: Any
    why: str | None


def explain(processor: Processor, payload: Any, find: Find, prefix: str = "", depth: int = 0) -> list[Explained]:
    """Every expression of a processor on one payload, in the order of the file; then those of the payloads nested in
    it, under names such as `properties[0].fields.name`. `find` gives their processors; payloads more than
    DEEPEST deep are left out."""
    told = [_explained(prefix, part, expression, payload) for part, expression in _expressions(processor)]
    for name, relation in processor.relations.items() if depth < DEEPEST else ():
        for index, (inner, item) in enumerate(_nested(relation, payload, find)):
            told += explain(inner, item, find, f"{prefix}{name}[{index}].", depth + 1)
    return told


def _nested(relation: Relation, payload: Any, find: Find) -> Iterator[tuple[Processor, Any]]:
    """The payloads inside, as their processor sees them; none where the expressions fail, which is told already."""
    if relation.each is None or relation.processor is None:
        return
    try:
        found = relation.each.search(payload)
        down = {key: rule.search(payload) for key, rule in relation.hand_down.items()}
    except MappingError:
        return
    for item in found if isinstance(found, list) else [found] if found is not None else []:
        yield find(relation.processor), {**item, "parent": down} if down and isinstance(item, Mapping) else item


def _expressions(processor: Processor) -> Iterator[tuple[str, Expression]]:
    yield "id", processor.id
    if processor.cursor is not None:
        yield "cursor", processor.cursor
    if processor.deletes is not None:
        yield "deletes.when", processor.deletes.when
    for name, rule in processor.when.items():
        yield f"when.{name}", rule
    for name, rule in processor.fields.flat():
        yield f"fields.{name}", rule
    for name, relation in processor.relations.items():
        for key, rule in _of_relation(relation):
            yield f"relations.{name}.{key}", rule
    if processor.errors is not None:
        yield "errors.when", processor.errors.when


def _of_relation(relation: Relation) -> Iterator[tuple[str, Expression]]:
    for key in ("each", "id", "ids"):
        rule = getattr(relation, key)
        if rule is not None:
            yield key, rule
    for key, rule in relation.hand_down.items():
        yield f"with.{key}", rule


def _explained(prefix: str, part: str, expression: Expression, payload: Any) -> Explained:
    place = str(expression.place) if expression.place.line else ""
    try:
        if part.startswith("when.") or part == "errors.when":
            return Explained(
                prefix + part, expression.text, place, expression.test(payload), _why_false(expression, payload)
            )
        return Explained(
            prefix + part, expression.text, place, expression.search(payload), why_null(expression, payload)
        )
    except MappingError as error:
        return Explained(prefix + part, expression.text, place, None, str(error).removeprefix(f"{place}: "))


def _why_false(expression: Expression, payload: Any) -> str | None:
    """A predicate is false because its value is null, or because of what its value is."""
    if expression.test(payload):
        return None
    value = expression.search(payload)
    return why_null(expression, payload) if value is None else None if value is False else f"it gives {value!r}"
