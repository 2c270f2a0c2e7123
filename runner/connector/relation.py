"""What a payload says of other records, and how an error answer looks in place of a payload."""

from __future__ import annotations

from pydantic import Field as Declared
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from runner.components.block import Block, Name
from runner.mapping.expression import Expression


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
