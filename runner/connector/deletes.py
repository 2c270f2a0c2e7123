"""Payloads that say that something is gone."""

from __future__ import annotations

from typing import Any

from pydantic import Field as Declared
from pydantic import model_validator

from runner.components.block import Block, Name, refusal
from runner.errors import MappingError
from runner.mapping.expression import Expression
from runner.model.record import Deletion, as_id


class Deletes(Block):
    """Payloads that say that something is gone: they make no record, and need no id and no cursor.

        deletes: {when: status == 'Deleted', record: payment, id: Id}

    Where the payload does not have the id, the records are known by a field: those that have this `value` there, and
    with `below` those whose field begins with it and a `/`.

        deletes: {when: "\\".tag\\" == 'deleted'", record: file, field: path_key, value: path_lower, below: true}
    """

    when: Expression = Declared(description="True for payloads that say so.")
    record: Name = Declared(description="The kind of what is gone.")
    id: Expression | None = Declared(None, description="Its id.")
    field: Name | None = Declared(None, description="Or a field of the records that are gone.")
    value: Expression | None = Declared(None, description="What they have there.")
    below: bool = Declared(False, description="Those whose field begins with the value and a / are gone too.")

    @model_validator(mode="after")
    def _one_form(self) -> Deletes:
        by_field = self.field is not None and self.value is not None
        if (self.id is not None) == by_field or (self.field is None) != (self.value is None):
            raise refusal("what is gone is known by its id or by a field", "give `id`, or `field` and `value`")
        return self

    def read(self, payload: Any, version: str | None) -> Deletion:
        """What is gone, as of `version`; raises MappingError when the payload does not say what."""
        rule = self.id or self.value
        assert rule is not None  # as validated
        found = as_id(rule.search(payload))
        if found is None:
            raise MappingError(f"`{rule}` does not say which {self.record} is gone", rule.place)
        return Deletion(self.record, found, self.field, self.below, version)
