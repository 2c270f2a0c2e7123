"""The data processor: turns one raw payload of a partner into semantic names. Read-only; it never acts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ConfigDict, model_validator
from pydantic import Field as Declared
from pydantic_core import PydanticCustomError

from runner.components.block import Block, Name
from runner.errors import MappingError
from runner.mapping.expression import Expression
from runner.mapping.fields import Fields
from runner.mapping.functions import LIBRARY
from runner.model.record import Flaw, Processed, Record

DEEPEST = 20
LONGEST_ID = 500
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

Find = Callable[[str], "Processor"]


def _may_extend(schema: dict[str, Any]) -> None:
    """What is required may come from the processor that is extended, or from those that extend."""
    schema["dependentRequired"] = {"of": ["extends"]}
    schema["anyOf"] = [{"required": [name]} for name in ("extends", "abstract")]
    schema["anyOf"].append({"required": schema.pop("required")})


class Relation(Block):
    """What a payload says of other records: those inside it (`each`), or those it names by id (`id`, `ids`).

        relations:
          properties: {processor: property, each: clientProperties.nodes, with: {client: id}}
          location: {record: location, id: locationId}

    Nested payloads become records of their own, by the named processor; `with` hands values of the outer payload down,
    read there as `parent.<name>`. Ids become fields of this record, as text.
    """

    processor: Name | None = Declared(None, description="The processor of the nested payloads.")
    each: Expression | None = Declared(None, description="The nested payloads: a list, or one object.")
    hand_down: dict[str, Expression] = Declared({}, alias="with", description="Values handed down as `parent.<name>`.")
    owned: bool = Declared(False, description="Nested records that were here before and are gone now become inactive.")
    record: Name | None = Declared(None, description="The kind of the records named by id.")
    id: Expression | None = Declared(None, description="The id of the one other record.")
    ids: Expression | None = Declared(None, description="The ids of several other records.")

    @model_validator(mode="after")
    def _one_form(self) -> Relation:
        nested = self.processor is not None and self.each is not None
        named = self.record is not None and (self.id is None) != (self.ids is None)
        if nested == named:
            wrong = {
                "message": "a relation is either nested or named",
                "remedy": "give `processor` and `each`, or `record` and `id` (or `ids`)",
            }
            raise PydanticCustomError("bad-relation", "{message}", wrong)
        return self


class ErrorAnswer(Block):
    """How an error answer looks in place of a payload, and where its code and message are.

    errors: {when: "errors && !id", code: "errors[0].extensions.code", message: "errors[0].message"}
    """

    when: Expression = Declared(description="True for an error answer.")
    code: Expression | None = Declared(None, description="The partner's error code.")
    message: Expression | None = Declared(None, description="The partner's own words.")


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

    def process(self, payload: Any, name: str, find: Find, depth: int = 0) -> Processed:
        """The outcome for one raw payload. `find` gives the processors of nested relations by name; `depth` says how
        many payloads this one lies in."""
        return _Work(self, name, payload, find, depth).outcome()


@dataclass
class _Work:
    processor: Processor
    name: str
    payload: Any
    find: Find
    depth: int = 0
    flaws: list[Flaw] = field(default_factory=list)
    external_id: str | None = None

    def outcome(self) -> Processed:
        error = self._error()
        if error is not None:
            return Processed(error=error)
        self.external_id = self._id()
        predicates = {name: self._test(name, rule) for name, rule in self.processor.when.items()}
        if self.external_id is None or self.flaws:
            return Processed(flaws=tuple(self.flaws), predicates=predicates)
        if not predicates.get("should_process", True):
            rule = self.processor.when["should_process"]
            return Processed(skipped=f"should_process is false: {rule}", predicates=predicates)
        if not predicates.get("valid", True):
            self._flaw(
                "valid", f"the payload is not valid: {self.processor.when['valid']}", self.processor.when["valid"]
            )
            return Processed(flaws=tuple(self.flaws), predicates=predicates)
        return self._record(predicates)

    def _record(self, predicates: dict[str, bool]) -> Processed:
        fields = self.processor.fields.map(self.payload, self._failed)
        fields.update(self._references())
        nested = tuple(self._nested())
        version = self._version()
        if any(flaw.fatal for flaw in self.flaws):
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
            self._flaw("errors", str(error), rule.when)
            return None

    def _id(self) -> str | None:
        try:
            found = as_id(self.processor.id.search(self.payload))
        except MappingError as error:
            self._failed("id", self.processor.id, error)
            return None
        if found is None:
            self._flaw(
                "id",
                f"`{self.processor.id}` gives no id: it must be a text or a whole number",
                self.processor.id,
            )
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
            return LIBRARY.call_function("iso8601", [rule.search(self.payload)])  # type: ignore[no-any-return]
        except Exception as error:  # jmespath's own type errors are no MappingError
            self._failed("cursor", rule, error)
            return None

    def _references(self) -> Iterator[tuple[str, Any]]:
        for name, relation in self.processor.relations.items():
            rule = relation.id or relation.ids
            if rule is None:
                continue
            try:
                value = rule.search(self.payload)
            except MappingError as error:
                self._failed(f"relations.{name}", rule, error)
                continue
            if relation.ids is None:
                yield name, as_id(value)
                continue
            many = [as_id(item) for item in (value if isinstance(value, list) else [value])]
            yield name, [item for item in many if item is not None]

    def _nested(self) -> Iterator[Processed]:
        for name, relation in self.processor.relations.items():
            if relation.each is None or relation.processor is None:
                continue
            try:
                found = relation.each.search(self.payload)
                down = {key: rule.search(self.payload) for key, rule in relation.hand_down.items()}
            except MappingError as error:
                self._failed(f"relations.{name}", relation.each, error)
                continue
            if self.depth >= DEEPEST:
                self._flaw(f"relations.{name}", f"payloads inside payloads, more than {DEEPEST} deep", relation.each)
                continue
            processor = self.find(relation.processor)
            for item in found if isinstance(found, list) else [found] if found is not None else []:
                inner = {**item, "parent": down} if down and isinstance(item, Mapping) else item
                made = processor.process(inner, relation.processor, self.find, self.depth + 1)
                yield _owned(made, f"{self.processor.record}:{self.external_id}") if relation.owned else made

    def _failed(self, part: str, rule: Expression, error: Exception) -> None:
        self._flaw(part, str(error), rule)

    def _flaw(self, part: str, message: str, rule: Expression) -> None:
        place = str(rule.place) if rule.place.line else ""
        self.flaws.append(Flaw(self.name, part, message, place, rule.text, self.external_id))


def _owned(made: Processed, parent: str) -> Processed:
    return replace(made, record=replace(made.record, parent=parent)) if made.record else made


def as_id(value: Any) -> str | None:
    """A partner's id as text: texts as they are, whole numbers in digits. Anything else is no id, nor is a text that
    is blank, longer than 500 characters, or holds what cannot be stored (control characters, half surrogates)."""
    if isinstance(value, str):
        return value if 0 < len(value) <= LONGEST_ID and value.strip() and not _UNSTORABLE.search(value) else None
    is_number = isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 256
    return str(value) if is_number else None
