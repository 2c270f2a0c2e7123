"""The data processor: turns one raw payload of a partner into semantic names. Read-only; it never acts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pydantic import ConfigDict
from pydantic import Field as Declared

from runner.components.block import Block, Name, parts
from runner.connector.at_once import AtOnce, Straight, Values
from runner.connector.deletes import Deletes
from runner.connector.relation import ErrorAnswer, Relation
from runner.errors import MappingError
from runner.mapping.expression import Expression
from runner.mapping.fields import Fields
from runner.mapping.functions import iso8601
from runner.model.record import Flaw, Processed, Record, as_id, as_ids, json_type

DEEPEST = 20
_TABLE = re.compile(r"(?<![\w.])tables\.\"?(\w+)")

Find = Callable[[str], "Processor"]


def _may_extend(schema: dict[str, Any]) -> None:
    """What is required may come from the processor that is extended, or from those that extend."""
    schema["dependentRequired"] = {"of": ["extends"]}
    schema["anyOf"] = [{"required": [name]} for name in ("extends", "abstract")]
    schema["anyOf"].append({"required": schema.pop("required")})
    for name in ("when", "relations"):  # a null takes a name away
        named = schema["properties"][name]
        named["additionalProperties"] = {"anyOf": [named["additionalProperties"], {"type": "null"}]}


class Processor(Block):
    """Turns one raw payload into a record.

        processors:
          job:
            record: project
            id: id
            cursor: modifiedOn
            when: {should_process: "jobStatus != 'Draft'", valid: locationId, inactive: "jobStatus == 'Canceled'"}
            fields:
              name: join(' ', ['Job', jobNumber])
              description: html_to_text(summary)
            relations:
              location: {record: location, id: locationId}

    Three predicates have a meaning of their own: `should_process` false leaves the payload out, `valid` false
    quarantines it, `inactive` true keeps the record but marks it, so that the host archives it. Others are free names.

    A processor that `extends` another has all that it does not say itself; a null takes a name away. With `of`, what it
    has from the other reads a part of the payload, for payloads wrapped in others: `of: data.raw || data`. An
    `abstract` one is there to be extended: it need not be whole, and makes no records itself.
    """

    model_config = ConfigDict(json_schema_extra=_may_extend)
    extends: Name | None = Declared(None, description="The processor that this one changes.")
    of: Expression | None = Declared(None, description="The part of the payload that the extended processor reads.")
    abstract: bool = Declared(False, description="Only there to be extended.")
    title: str | None = Declared(None, description="What the payload is, in the partner's words.")
    record: Name = Declared(description="The kind of record: project, contact, location, user, appointment...")
    id: Expression = Declared(description="The partner's id of the thing: a text or a whole number.")
    cursor: Expression | None = Declared(
        None, description="How new the payload is. An older payload never overwrites a newer record."
    )
    when: dict[Name, Expression] = Declared({}, description="Predicates.")
    fields: Fields = Declared(description="The record's fields.")
    relations: dict[Name, Relation] = Declared({}, description="Other records inside the payload, or named by it.")
    errors: ErrorAnswer | None = Declared(None, description="How an error answer looks in place of a payload.")
    deletes: Deletes | None = Declared(None, description="Payloads that say that something is gone.")

    def process(self, payload: Any, name: str, find: Find, depth: int = 0) -> Processed:
        """The outcome for one raw payload. `find` gives the processors of nested relations by name; `depth` says how
        many payloads this one lies in."""
        gone = self._gone(payload, name)
        if gone is not None:
            return gone
        values = self._at_once.read(payload)
        if values is None or values.is_error or not values.predicates.get("valid", True):
            return self.explain(payload, name, find, depth)
        return _Work(self, name, payload, find, depth).quick_outcome(values)

    def straight(self, name: str) -> Straight | None:
        """What makes a record of most payloads, at a fraction of the cost of `process`, to which it leaves the others
        with None. None where payloads may hold others, or say that something is gone: there `process` must see all."""
        if self.deletes is not None or self._inside:
            return None
        many = {name for name, relation in self.relations.items() if relation.ids is not None}
        return self._at_once.straight(self.record, name, many)

    def explain(self, payload: Any, name: str, find: Find, depth: int = 0) -> Processed:
        """The same outcome with every expression asked alone: slower, and able to say why."""
        return self._gone(payload, name) or _Work(self, name, payload, find, depth).outcome()

    def _gone(self, payload: Any, name: str) -> Processed | None:
        """The outcome of a payload that says that something is gone; None for all others."""
        rule = self.deletes
        if rule is None:
            return None
        try:
            if not rule.when.test(payload):
                return None
            found = self.cursor.search(payload) if self.cursor is not None else None
            is_time = isinstance(found, str | int | float) and not isinstance(found, bool)
            return Processed(gone=rule.read(payload, iso8601(found) if is_time else None))
        except MappingError as error:
            place = str(rule.when.place) if rule.when.place.line else ""
            return Processed(flaws=(Flaw(name, "deletes", str(error), place, rule.when.text, got=error.got),))

    @cached_property
    def tables(self) -> list[tuple[tuple[Any, ...], str]]:
        """The tables of the account that its expressions read, each after the keys of the expression."""
        found = [(path, part.text) for path, part in parts(self) if isinstance(part, Expression)]
        return [(path, word) for path, text in found for word in _TABLE.findall(text)]

    @cached_property
    def _at_once(self) -> AtOnce:
        error = self.errors.when if self.errors else None
        return AtOnce(self.fields, self.when, self._named, id=self.id, cursor=self.cursor, error=error)

    @cached_property
    def _named(self) -> dict[str, Expression]:
        """The ids of other records, by the name of their relation."""
        found = {name: relation.id or relation.ids for name, relation in self.relations.items()}
        return {name: rule for name, rule in found.items() if rule is not None}

    @cached_property
    def _inside(self) -> dict[str, tuple[Relation, Expression, str]]:
        """The relations to records inside the payload: where they are, and whose processor makes them."""
        return {
            name: (relation, relation.each, relation.processor)
            for name, relation in self.relations.items()
            if relation.each is not None and relation.processor is not None
        }


@dataclass
class _Work:
    processor: Processor
    name: str
    payload: Any
    find: Find
    depth: int = 0
    flaws: list[Flaw] = field(default_factory=list)
    external_id: str | None = None

    def quick_outcome(self, values: Values) -> Processed:
        """The outcome out of values that were read together, of a payload that is valid and no error answer."""
        self.external_id = as_id(values.id)
        if self.external_id is None:
            return self.outcome()
        predicates, fields = values.predicates, values.fields
        if not predicates.get("should_process", True):
            return self._skipped(predicates)
        for name, found in values.references.items():
            fields[name] = self._reference(name, found)
        nested = tuple(self._nested()) if self.processor._inside else ()
        return self._made(predicates, fields, nested, self._moment(values.cursor))

    def outcome(self) -> Processed:
        """The outcome, with every expression asked alone."""
        error = self._error()
        if error is not None:
            return Processed(error=error)
        self.external_id = self._id()
        predicates = {name: self._test(name, rule) for name, rule in self.processor.when.items()}
        if self.external_id is None or self.flaws:
            return Processed(flaws=tuple(self.flaws), predicates=predicates)
        if not predicates.get("should_process", True):
            return self._skipped(predicates)
        if not predicates.get("valid", True):
            self._flaw(
                "valid", f"the payload is not valid: {self.processor.when['valid']}", self.processor.when["valid"]
            )
            return Processed(flaws=tuple(self.flaws), predicates=predicates)
        return self._record(predicates)

    def _record(self, predicates: dict[str, bool]) -> Processed:
        fields = self.processor.fields.map(self.payload, self._left_out)
        fields.update(self._references())
        nested = tuple(self._nested())
        return self._made(predicates, fields, nested, self._version())

    def _skipped(self, predicates: dict[str, bool]) -> Processed:
        rule = self.processor.when["should_process"]
        return Processed(skipped=f"should_process is false: {rule}", predicates=predicates)

    def _made(
        self, predicates: dict[str, bool], fields: dict[str, Any], nested: tuple[Processed, ...], version: str | None
    ) -> Processed:
        if self.flaws and any(flaw.fatal for flaw in self.flaws):
            return Processed(flaws=tuple(self.flaws), predicates=predicates, nested=nested)
        inactive = predicates.get("inactive", False)
        record = Record(self.processor.record, str(self.external_id), fields, version, inactive, self.name)
        return Processed(record, flaws=tuple(self.flaws), predicates=predicates, nested=nested)

    def _error(self) -> dict[str, Any] | None:
        rule = self.processor.errors
        if rule is None:
            return None
        try:
            if not rule.when.test(self.payload):
                return None
            code = rule.code.search(self.payload) if rule.code else None
            return {"code": code, "message": rule.message.search(self.payload) if rule.message else None}
        except MappingError as error:
            self._failed("errors", rule.when, error)
            return None

    def _id(self) -> str | None:
        try:
            value = self.processor.id.search(self.payload)
        except MappingError as error:
            self._failed("id", self.processor.id, error)
            return None
        found, rule = as_id(value), self.processor.id
        if found is None:
            self._flaw("id", f"`{rule}` gives no id: it must be a text or a whole number", rule, got=json_type(value))
        return found

    def _test(self, name: str, rule: Expression) -> bool:
        try:
            return rule.test(self.payload)
        except MappingError as error:
            self._failed(f"when.{name}", rule, error)
            return False

    def _version(self) -> str | None:
        rule = self.processor.cursor
        if rule is None:
            return None
        try:
            value = rule.search(self.payload)
        except MappingError as error:
            self._failed("cursor", rule, error)
            return None
        return self._moment(value)

    def _moment(self, value: Any) -> str | None:
        """How new the payload is. What can be no time refuses it; a text or number that is none is told, and says
        nothing."""
        rule = self.processor.cursor
        if value is None or rule is None:
            return None
        is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        version: str | None = iso8601(value) if is_plain else None
        if version is None:
            message = (
                f"`{rule}` gives {'a text or number' if is_plain else json_type(value)} that is no time (a cursor is a "
                f"time: ISO 8601 text or unix seconds; iso8601({rule}, 'ms') reads milliseconds)"
            )
            self._flaw("cursor", message, rule, fatal=not is_plain, got=json_type(value))
        return version

    def _references(self) -> Iterator[tuple[str, Any]]:
        for name, rule in self.processor._named.items():
            try:
                value = rule.search(self.payload)
            except MappingError as error:
                self._left_out(f"relations.{name}", rule, error)
                yield name, None
                continue
            yield name, self._reference(name, value)

    def _reference(self, name: str, value: Any) -> str | list[str] | None:
        return as_id(value) if self.processor.relations[name].ids is None else as_ids(value)

    def _nested(self) -> Iterator[Processed]:
        for name, (relation, each, inner_name) in self.processor._inside.items():
            try:
                found = each.search(self.payload)
                down = {key: rule.search(self.payload) for key, rule in relation.hand_down.items()}
            except MappingError as error:
                self._failed(f"relations.{name}", each, error)
                continue
            if self.depth >= DEEPEST:
                self._flaw(f"relations.{name}", f"payloads inside payloads, more than {DEEPEST} deep", each)
                continue
            processor = self.find(inner_name)
            for item in found if isinstance(found, list) else [found] if found is not None else []:
                inner = {**item, "parent": down} if down and isinstance(item, Mapping) else item
                made = processor.process(inner, inner_name, self.find, self.depth + 1)
                yield _owned(made, f"{self.processor.record}:{self.external_id}") if relation.owned else made

    def _failed(self, part: str, rule: Expression, error: MappingError) -> None:
        self._flaw(part, str(error), rule, got=error.got)

    def _left_out(self, part: str, rule: Expression, error: MappingError) -> None:
        """A field that fails is null; whether the record can do without it is for its schema to say."""
        self._flaw(part, str(error), rule, fatal=False, got=error.got)

    def _flaw(self, part: str, message: str, rule: Expression, fatal: bool = True, got: str = "") -> None:
        place = str(rule.place) if rule.place.line else ""
        self.flaws.append(Flaw(self.name, part, message, place, rule.text, self.external_id, fatal, got=got))


def _owned(made: Processed, parent: str) -> Processed:
    return replace(made, record=replace(made.record, parent=parent)) if made.record else made
